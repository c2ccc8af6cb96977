"""Whether an adult's minor offence is sealed (S4): what drafts discuss, as a three-valued rule, which is off.

A definite no to any test is OPEN, five yeses are SEALED, anything else is WITHHELD, as for minors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from federation.law.punishment import KINDS, PenaltyKind
from federation.law.relevance import ends
from federation.law.relevance.finding import Answer, CriterionFinding, no, undecided, yes
from federation.law.relevance.matching import offence_in
from federation.law.sealing import Decision, Status
from federation.law.sealing_rules import AdultTerms, SealingRule, sealing_rules
from federation.v1 import record_pb2 as pb
from federation.values.terms import RecordClass

_WEIGHT: Final = {kind: weight for weight, kind in enumerate(PenaltyKind)}
_STATUS: Final = {Answer.YES: Status.SEALED, Answer.NO: Status.OPEN, Answer.UNDECIDED: Status.WITHHELD}


def adult_rules(on: date, rules: Iterable[SealingRule] | None = None) -> list[SealingRule]:
    """Return the rules on adults' convictions that are in force on the day: none, as delivered."""
    known = sealing_rules().values() if rules is None else rules
    return [rule for rule in known if rule.terms and rule.binds(RecordClass.CRIMINAL, on)]


def decide_adult(
    rule: SealingRule, records: Sequence[pb.Record], on: date, *, convicted_again: bool | None = None
) -> Decision:
    """Return the decision of `rule` on one conviction, as each of its holders records it, on the day `on`.

    `convicted_again` is whether the person was convicted of a later crime of the kind that ends the benefit; None is
    unknown, and leaves the record to a person unless no later crime matters. Raises `ValueError` for a rule without
    terms.
    """
    if rule.terms is None:
        raise ValueError(f"{rule.id} is no rule on adults' convictions")
    terms = rule.terms
    findings = [max(_tests(terms, record, on), key=_hindrance) for record in records]
    findings.append(_kept(terms, convicted_again))
    deciding = max(findings, key=_hindrance)
    status = _STATUS[deciding.answer]
    offences = tuple(status for _ in records[0].offences) if records else ()
    return Decision(status, f"{rule.id}-ADULT", rule.clause, f"{deciding.because}.", offences)


def _hindrance(finding: CriterionFinding) -> int:
    """Order findings by how much they stand in the way of a seal: no, undecided, yes."""
    return -int(finding.answer)


def _tests(terms: AdultTerms, record: pb.Record, on: date) -> Iterable[CriterionFinding]:
    yield from (_listed(terms, offence) for offence in record.offences)
    if not record.offences:
        yield undecided("the record names no offence")
    yield _light(terms, record)
    yield _waited(terms, record, on)


def _listed(terms: AdultTerms, offence: pb.Offence) -> CriterionFinding:
    if terms.excluded:
        excluded = offence_in(terms.excluded, offence)
        if excluded.answer is not Answer.NO:
            certain = excluded.answer is Answer.YES
            says = (
                f"{offence.name} is {'' if certain else 'possibly '}among the offences that are never sealed"
            )
            return no(says) if certain else undecided(says)
    return offence_in(terms.offences, offence) if terms.offences else yes("every offence may be sealed")


def _light(terms: AdultTerms, record: pb.Record) -> CriterionFinding:
    penalty = record.combined_penalty
    kind = KINDS.get(penalty.kind)
    if kind is None:
        return undecided("the combined penalty ordered is unknown")
    if kind is not terms.heaviest or kind is not PenaltyKind.FIXED_TERM:
        light = _WEIGHT[kind] <= _WEIGHT[terms.heaviest]
        return yes("the penalty is light") if light else no(f"the penalty is heavier than {terms.heaviest}")
    if not penalty.months and not penalty.days:
        return undecided("the months of the fixed term are unknown")
    light = (penalty.months, penalty.days) <= (terms.months, 0)
    return yes("the term is short") if light else no(f"the term is longer than {terms.months} months")


def _waited(terms: AdultTerms, record: pb.Record, on: date) -> CriterionFinding:
    held = ends.suspended(record, on)
    end = ends.probation_end(record, on) if held else ends.completion(record, on)
    if end is None:
        end = ends.judgment(record)
    if end.latest and ends.later(end.latest, years=terms.waiting_years) < on:
        return yes(f"{terms.waiting_years} years have passed since {end.latest}")
    if end.earliest and on <= ends.later(end.earliest, years=terms.waiting_years):
        return no(f"{terms.waiting_years} years have not passed since {end.earliest}")
    return undecided(f"{end.gap or 'the end of the penalty is not certain'}: the years may have passed")


def _kept(terms: AdultTerms, convicted_again: bool | None) -> CriterionFinding:
    if terms.lost_by == "nothing":
        return yes("no later crime ends it")
    if convicted_again is None:
        return undecided("whether the person was convicted again is not in the record")
    return no("the person was convicted again") if convicted_again else yes("there was no later conviction")
