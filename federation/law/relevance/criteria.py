"""Evaluation of each criterion for one offence of one conviction, on one day.

If the record leaves the answer open, it is undecided, and the reason states what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from federation.law import offences
from federation.law.predicate import Criterion
from federation.law.punishment import is_life_or_death
from federation.law.relevance import ends
from federation.law.relevance.finding import CriterionFinding, no, undecided, yes
from federation.law.relevance.matching import offence_in
from federation.law.relevance.running import ban_running, deprivation_running, serving, within
from federation.v1 import record_pb2 as pb

_HEAVIER_THAN = {
    "control": pb.PENALTY_KIND_CONTROL,
    "detention": pb.PENALTY_KIND_CRIMINAL_DETENTION,
    "fixed_term": pb.PENALTY_KIND_FIXED_TERM,
    "life": pb.PENALTY_KIND_LIFE,
}
_NO_PENALTY = "the penalty imposed is unknown"


@dataclass(frozen=True, slots=True)
class OffenceInQuestion:
    """One offence of one record, on the day of the question."""

    record: pb.Record
    offence: pb.Offence
    on: date


def find(criterion: Criterion, asked: OffenceInQuestion) -> CriterionFinding:
    """Return the answer of `criterion`, one of those of `federation.law.predicate`."""
    return _CRITERIA[criterion.name](criterion, asked)


def ordered(criterion: Criterion, record: pb.Record) -> CriterionFinding:
    """Return the answer of a criterion about the penalty for the judgment as a whole, whichever offence it is for."""
    kind = record.combined_penalty.kind
    if criterion.name == "min_principal_penalty":
        if not kind:
            return undecided(_NO_PENALTY)
        enough = kind >= _HEAVIER_THAN[criterion.arguments[0]]
        because = (
            f"the principal penalty ordered is {'' if enough else 'not '}{criterion.arguments[0]} or heavier"
        )
        return yes(because) if enough else no(because)
    if any(
        e.kind == pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS
        for e in record.supplementary_penalties
    ):
        return yes("deprivation of political rights was imposed")
    if not kind:
        return undecided(_NO_PENALTY)
    if is_life_or_death(kind):
        return yes("deprivation of political rights follows from the penalty (刑法 57)")
    return no("deprivation of political rights was not imposed")


def _convicted(criterion: Criterion, asked: OffenceInQuestion) -> CriterionFinding:
    return yes(f"there is a finding of guilt for {asked.offence.name}")


def _any_punishment(criterion: Criterion, asked: OffenceInQuestion) -> CriterionFinding:
    """Return whether there was a criminal punishment (受过刑事处罚): any penalty; exemption is none."""
    record, own = asked.record, asked.offence.penalty.kind
    exempt = pb.PENALTY_KIND_EXEMPT
    if exempt in (own, record.combined_penalty.kind) or record.verdict == pb.VERDICT_GUILTY_EXEMPT:
        return no(f"exempted from punishment for {asked.offence.name} (免予刑事处罚)")
    if not record.combined_penalty.kind and not own:
        return undecided(_NO_PENALTY)
    return yes(f"punished for {asked.offence.name}")


def _intent(offence: pb.Offence) -> offences.Intent:
    """Return the intent as the record states it, else as the offence's name shows it."""
    if offence.intent:
        intentional = offence.intent == pb.INTENT_INTENTIONAL
        return offences.Intent.INTENTIONAL if intentional else offences.Intent.NEGLIGENT
    return offences.catalogue().find(offence.name).intent


def _intentional(criterion: Criterion, asked: OffenceInQuestion) -> CriterionFinding:
    found, name = _intent(asked.offence), asked.offence.name
    if found is offences.Intent.UNKNOWN:
        return undecided(f"whether {name} was intentional or negligent is not in the record")
    return (
        yes(f"{name} is intentional") if found is offences.Intent.INTENTIONAL else no(f"{name} is negligent")
    )


def _negligent_in(criterion: Criterion, asked: OffenceInQuestion) -> CriterionFinding:
    found, name, field = _intent(asked.offence), asked.offence.name, criterion.arguments[0]
    if found is offences.Intent.INTENTIONAL:
        return no(f"{name} is intentional")
    known, listed = offences.catalogue().find(name), offences.catalogue().negligent_in[field]
    if found is offences.Intent.NEGLIGENT and (known.name in listed or listed.issuperset(known.now or [""])):
        return yes(f"{name} is a negligent crime of the field: {field}")
    return undecided(f"whether {name} was negligent in the field of {field} is not in the record")


def _at_least(criterion: Criterion, asked: OffenceInQuestion) -> CriterionFinding:
    """Judge the principal penalty for this offence: its own, or the combined one where it cannot be another's."""
    own, least = asked.offence.penalty.kind, criterion.arguments[0]
    whole = ordered(criterion, asked.record)
    if own:
        enough = own >= _HEAVIER_THAN[least]
        because = f"the penalty for {asked.offence.name} is {'' if enough else 'not '}{least} or heavier"
        return yes(because) if enough else no(because)
    return whole if len(asked.record.offences) == 1 else _shared(whole)


def _deprived(criterion: Criterion, asked: OffenceInQuestion) -> CriterionFinding:
    """Return whether political rights are deprived (剥夺政治权利): by order, or by law (刑法 57)."""
    whole = ordered(criterion, asked.record)
    return whole if len(asked.record.offences) == 1 else _shared(whole)


def _shared(whole: CriterionFinding) -> CriterionFinding:
    """Return a yes as undecided: a penalty ordered for several offences together need not be for this one."""
    if whole.answer:
        return undecided(f"{whole.because}, but for which of the offences is not in the record")
    return whole


def _suspended(criterion: Criterion, asked: OffenceInQuestion) -> CriterionFinding:
    held = ends.suspended(asked.record, asked.on)
    if held is None:
        return undecided(_NO_PENALTY)
    because = "the sentence is suspended" if held else "the sentence is not suspended, or no longer"
    return yes(because) if held is (criterion.name == "suspended") else no(because)


_CRITERIA: Mapping[str, Callable[[Criterion, OffenceInQuestion], CriterionFinding]] = {
    "convicted": _convicted,
    "any_punishment": _any_punishment,
    "intentional": _intentional,
    "negligent_in": _negligent_in,
    "min_principal_penalty": _at_least,
    "deprived_of_political_rights": _deprived,
    "deprivation_running": lambda criterion, asked: deprivation_running(asked.record, asked.on),
    "offence_in": lambda criterion, asked: offence_in(criterion.arguments, asked.offence),
    "currently_serving": lambda criterion, asked: serving(asked.record, asked.on),
    "suspended": _suspended,
    "not_suspended": _suspended,
    "within": lambda criterion, asked: within(
        criterion.years, criterion.arguments[0], asked.record, asked.on
    ),
    "occupation_ban_running": lambda criterion, asked: ban_running(
        criterion.arguments[0], asked.record, asked.on
    ),
    "undecided": lambda criterion, asked: undecided(criterion.arguments[0]),
}
