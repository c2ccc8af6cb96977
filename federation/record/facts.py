"""The facts for the sealing rule, read from one record or from all facets of one conviction.

A record that contradicts itself on the birth has several readings: each is judged, and they count only if they agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Final, TypeVar

from federation.law import sealing, sealing_related
from federation.law.punishment import KINDS, PenaltyFacts, PenaltyKind
from federation.law.readings import Moments
from federation.law.sealing_adult import adult_rules, decide_adult
from federation.record.classes import CRIMINAL
from federation.v1 import record_pb2 as pb
from federation.values import calendar, numbers
from federation.values.enum_names import record_class_name
from federation.values.terms import SealRule

T = TypeVar("T")

READING: Final = "facts-4"
"""The edition of this reading of records. Another edition makes every node judge its old records anew (A14).

`facts-2`: a verified citizen number says the birth date where the record does not.
`facts-3`: a verified citizen number that says another birth date than the record is a second claim.
`facts-4`: a permit to reside of the form of GB 11643 says the birth date as a citizen number does.
"""

_DISPUTED: Final = (
    "Withheld until a person decides: the stated birth date and the verified number decide differently."
)
_DISAGREED: Final = "the agencies' facts lead to different decisions: a person must decide"
_Conduct = tuple[sealing.Conduct, ...]
_MAIN_ACTS = {pb.MAIN_ACTS_YES: sealing.MainActs.YES, pb.MAIN_ACTS_NO: sealing.MainActs.NO}
_FINDINGS = {
    pb.COURT_AGE_FINDING_UNDER_18: sealing.AgeFinding.UNDER_18,
    pb.COURT_AGE_FINDING_ADULT: sealing.AgeFinding.ADULT,
}


def facts_of(record: pb.Record) -> sealing.Facts:
    """Return the inputs of the sealing rule as `record` states them; unknown stays unknown.

    Where the birth date is missing or incomplete, that of a verified citizen number counts (A11). Raises `ValueError`
    when a date cannot be read.
    """
    return _facts(record, numbers.birth_of(record.person))


def _facts(record: pb.Record, birth: calendar.DateRange | None) -> sealing.Facts:
    return sealing.Facts(
        birth=birth,
        conduct=tuple(
            sealing.Conduct(
                first=calendar.parse_date(o.conduct_from) if o.conduct_from else None,
                last=calendar.parse_date(o.conduct_to) if o.conduct_to else None,
            )
            for o in record.offences
        ),
        main_acts=_MAIN_ACTS.get(record.main_acts_before_18, sealing.MainActs.UNDETERMINED),
        penalty=penalty_facts(record.combined_penalty),
        court_age_finding=_FINDINGS.get(record.court_age_finding),
        adulthood_proven=record.adulthood_proven,
    )


def moments_of(record: pb.Record) -> Moments:
    """Return the days of a public-order penalty as its record states them; raises `ValueError`."""
    made = record.decision
    decided, review, executed = (
        calendar.parse_date(text) if text else None
        for text in (made.decided_on, made.review_ended_on, made.executed_on)
    )
    return Moments(decided, review, executed)


def readings_of(record: pb.Record) -> tuple[sealing.Facts, ...]:
    """Return the facts of `record` once for each birth that it claims; raises `ValueError` as `facts_of` does."""
    births = numbers.births_of(record.person)
    facts = _facts(record, births[0] if births else None)
    return (facts, *(replace(facts, birth=birth) for birth in births[1:]))


def decide_readings(
    record_class: str, readings: Sequence[sealing.Facts], *, profile: str, on: date
) -> sealing.Decision:
    """Return the decision on a record of which these readings are possible; where they differ, a person decides."""
    decisions = [sealing_related.decide(record_class, each, profile=profile, on=on) for each in readings]
    return decisions[0] if _agree(decisions) else _withheld(decisions, "S1-AGE-DISPUTED", _DISPUTED)


def decide_alone(record: pb.Record, profile: str, on: date) -> sealing.Decision:
    """Return the sealing decision on one record by its own facts; raises `ValueError` as `facts_of` does."""
    name = record_class_name(record.record_class)
    decided = decide_readings(name, readings_of(record), profile=profile, on=on)
    return with_adults(decided, [record], on)


def seals_alone(record: pb.Record, on: date) -> frozenset[SealRule]:
    """Return every rule that may seal one record, on any reading of its facts (A10)."""
    return _seals(record_class_name(record.record_class), readings_of(record), on)


def penalty_facts(penalty: pb.Penalty) -> PenaltyFacts | None:
    """Return a penalty as the sealing rule sees it; None when it is unknown."""
    kind = KINDS.get(penalty.kind)
    if kind is None:
        return None
    if kind is PenaltyKind.FIXED_TERM and not (penalty.months or penalty.days):
        return PenaltyFacts(kind=kind, months=None)
    return PenaltyFacts(kind=kind, months=penalty.months, days=penalty.days)


_UNSEALED = sealing.Decision(
    status=sealing.Status.OPEN,
    rule="ORDER-UNSEALED",
    clause="2022 Measures art. 18 [M]",
    reason="unsealed by its holder on a listed ground",
    offences=(),
)


def _agree(decisions: Sequence[sealing.Decision]) -> bool:
    return len({decision.status for decision in decisions}) == 1


def _withheld(decisions: Sequence[sealing.Decision], rule: str, reason: str) -> sealing.Decision:
    return sealing.Decision(
        status=sealing.Status.WITHHELD,
        rule=rule,
        clause="Opinions II(4).1 (R40); law.md section 10",
        reason=reason,
        offences=tuple(sealing.Status.WITHHELD for _ in decisions[0].offences),
    )


def _seals(record_class: str, readings: Iterable[sealing.Facts], on: date) -> frozenset[SealRule]:
    rules = [sealing_related.seals(record_class, each, on=on) for each in readings]
    return frozenset[SealRule]().union(*rules)


def decide_together(facets: Sequence[pb.Facet], profile: str, on: date) -> sealing.Decision:
    """Return the sealing decision on one conviction, or on one decision of another class, from all its `facets`.

    Facts that one agency does not state are taken from the others; where they differ, every combination of the stated
    facts is judged. So a disagreement about birth, conduct or penalty withholds the record only if it could matter. A
    conviction that a holder has unsealed on a listed ground is OPEN. Raises `ValueError` for no facets.
    """
    if not facets:
        raise ValueError("no facet to decide on")
    record_class = record_class_name(facets[0].record.record_class)
    if record_class == CRIMINAL and any(facet.unsealed for facet in facets):
        return _UNSEALED
    decisions = [
        sealing_related.decide(record_class, facts, profile=profile, on=on)
        for facts in _combinations(_stated(facets))
    ]
    if _agree(decisions):
        return with_adults(decisions[0], [facet.record for facet in facets], on)
    return _withheld(decisions, "S1-DISAGREEMENT", _DISAGREED)


def _stated(facets: Iterable[pb.Facet]) -> list[sealing.Facts]:
    """Return what the facets say, each of their readings by itself; a holder's decision about age is a finding."""
    return [
        replace(facts, court_age_finding=facts.court_age_finding or sealing.AgeFinding.ADULT)
        if facet.of_age
        else facts
        for facet in facets
        for facts in readings_of(facet.record)
    ]


def with_adults(decided: sealing.Decision, records: Sequence[pb.Record], on: date) -> sealing.Decision:
    """Return the decision on one conviction with regard to rules on adults' minor offences (S4); none is in force.

    They apply only to what no other rule seals, and nobody knows from one conviction whether the person was convicted
    again.
    """
    if decided.status is not sealing.Status.OPEN or record_class_name(records[0].record_class) != CRIMINAL:
        return decided
    found = [decide_adult(rule, records, on) for rule in adult_rules(on)]
    return next((each for each in found if each.status is not sealing.Status.OPEN), decided)


def seals_together(facets: Sequence[pb.Facet], on: date) -> frozenset[SealRule]:
    """Return every rule that may seal the record behind `facets`, on any combination of the stated facts (A10)."""
    return _seals(record_class_name(facets[0].record.record_class), _combinations(_stated(facets)), on)


def _combinations(stated: Sequence[sealing.Facts]) -> Iterator[sealing.Facts]:
    """Yield every combination of the facts that the agencies state; a single one when they agree."""
    adulthood = any(facts.adulthood_proven for facts in stated)
    settled = [f.main_acts for f in stated if f.main_acts is not sealing.MainActs.UNDETERMINED]
    acts_stated: list[sealing.MainActs] = list(dict.fromkeys(settled))
    for birth, conduct, acts, penalty, finding in product(
        _claims(facts.birth for facts in stated),
        dict.fromkeys(_completed(facts.conduct, stated) for facts in stated),
        acts_stated or [sealing.MainActs.UNDETERMINED],
        _claims(facts.penalty for facts in stated),
        _claims(facts.court_age_finding for facts in stated),
    ):
        yield sealing.Facts(
            birth=birth,
            conduct=conduct,
            main_acts=acts,
            penalty=penalty,
            court_age_finding=finding,
            adulthood_proven=adulthood,
        )


def _claims(values: Iterable[T | None]) -> list[T | None]:
    """Return the distinct values that are stated, in order; unknown when no agency states any."""
    return list(dict.fromkeys(value for value in values if value is not None)) or [None]


def _completed(own: _Conduct, stated: Sequence[sealing.Facts]) -> _Conduct:
    """Return one agency's days of conduct with the missing ones taken from the others."""
    for other in stated:
        if len(other.conduct) == len(own):
            own = tuple(
                sealing.Conduct(first=mine.first or theirs.first, last=mine.last or theirs.last)
                for mine, theirs in zip(own, other.conduct, strict=True)
            )
    return own
