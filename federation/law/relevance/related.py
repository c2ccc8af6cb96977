"""Judging of decisions in non-criminal record classes by a row that covers their class (R64).

Each alternative is a list of criteria that must all hold for one decision; `times(3)` requires three such decisions.
Where the records of one decision's holders lead to different answers, a person must decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from federation.law import conduct
from federation.law.bases import Basis
from federation.law.predicate import Criterion, Predicate
from federation.law.relevance import ends
from federation.law.relevance.finding import Answer, CriterionFinding, no, undecided, yes
from federation.law.relevance.matching import offence_in
from federation.v1 import record_pb2 as pb
from federation.v1 import related_pb2
from federation.values.enum_names import enum_name as enum_name
from federation.values.terms import RecordClass

Held = Sequence[pb.Record]
"""One decision, as each of its holders records it."""


def relevance_of_related(
    basis: Basis, record_class: str, decisions: Sequence[Held], *, on: date
) -> list[Answer]:
    """Return, for each decision of the class, whether it is relevant to `basis` on the day `on`.

    Decisions of a class that the row does not cover are never relevant. If the row covers the class without a
    predicate for it, a person must decide on each. With a row above (`under`), both rows must apply (R36).
    """
    if record_class not in basis.includes_classes:
        return [Answer.NO] * len(decisions)
    predicate = basis.beside.get(RecordClass(record_class), _UNSTATED)
    own = [
        max(each)
        for each in zip(*(_alternative(criteria, decisions, on) for criteria in predicate), strict=True)
    ]
    if basis.above is None or not own:
        return own
    above = relevance_of_related(basis.above, record_class, decisions, on=on)
    return [min(each) for each in zip(own, above, strict=True)]


def judge_related(
    basis: Basis, record_class: str, decisions: Sequence[Held], *, on: date
) -> list[CriterionFinding]:
    """Return the answer for each decision with its reason, for `hutong explain`."""
    answers = relevance_of_related(basis, record_class, decisions, on=on)
    if record_class not in basis.includes_classes:
        return [no(f"the provision does not cover {record_class} records (R64)") for _ in decisions]
    predicate = basis.beside.get(RecordClass(record_class), _UNSTATED)
    found = []
    for held, answer in zip(decisions, answers, strict=True):
        findings = [
            find(criterion, held[0], on)
            for criteria in predicate
            for criterion in criteria
            if criterion.name != "times"
        ]
        found.append(
            CriterionFinding(
                answer,
                "; ".join(dict.fromkeys(f.because for f in findings if f.answer is answer)) or "together",
            )
        )
    return found


def _alternative(criteria: Sequence[Criterion], decisions: Sequence[Held], on: date) -> list[Answer]:
    """Return the answer of one list of criteria for each decision, with regard to the number that `times` requires."""
    single = [criterion for criterion in criteria if criterion.name != "times"]
    found = [
        _settled([min((find(w, r, on).answer for w in single), default=Answer.YES) for r in held])
        for held in decisions
    ]
    wanted = max(
        (int(criterion.arguments[0]) for criterion in criteria if criterion.name == "times"), default=1
    )
    if sum(answer is Answer.YES for answer in found) >= wanted:
        return found
    short = sum(answer is not Answer.NO for answer in found) < wanted
    return [Answer.NO if short else min(answer, Answer.UNDECIDED) for answer in found]


def _settled(answers: Sequence[Answer]) -> Answer:
    return answers[0] if len(set(answers)) == 1 else Answer.UNDECIDED


def find(criterion: Criterion, record: pb.Record, on: date) -> CriterionFinding:
    """Return the answer of one criterion for one record, one of those of `federation.law.predicate_related`."""
    decided = ends.day_of(record.decision.decided_on)
    if decided is not None and decided > on:
        return no(f"it was not decided on {on}")
    return _CRITERIA[criterion.name](criterion, record, on)


def _conduct_in(criterion: Criterion, record: pb.Record, on: date) -> CriterionFinding:
    answers = [_conduct(item, offence.name) for offence in record.offences for item in criterion.arguments]
    answer = max(answers, default=Answer.UNDECIDED)
    names = "、".join(offence.name for offence in record.offences)
    return CriterionFinding(answer, f"{names}: {_REASONS[answer]}")


def _conduct(item: str, name: str) -> Answer:
    how, _, what = item.partition(":")
    known = conduct.tags_of(name)
    if not known:
        return Answer.UNDECIDED
    hit = what in known if how == "tag" else conduct.plain(what) == conduct.plain(name)
    return Answer.YES if hit else Answer.NO


def _offence_in(criterion: Criterion, record: pb.Record, on: date) -> CriterionFinding:
    found = [offence_in(criterion.arguments, offence) for offence in record.offences]
    return max(found, key=lambda each: each.answer, default=undecided("the record names no offence"))


def _non_prosecution(criterion: Criterion, record: pb.Record, on: date) -> CriterionFinding:
    kind = enum_name(related_pb2.NonProsecutionKind.DESCRIPTOR, record.decision.non_prosecution)
    because = f"the decision not to prosecute is {kind}"
    return yes(because) if kind == criterion.arguments[0] else no(because)


def _sanction(criterion: Criterion, record: pb.Record, on: date) -> CriterionFinding:
    if not record.decision.sanctions:
        return undecided("the sanction is unknown")
    kinds = {enum_name(related_pb2.SanctionKind.DESCRIPTOR, s.kind) for s in record.decision.sanctions}
    because = f"the decision orders {', '.join(sorted(kinds))}"
    return yes(because) if criterion.arguments[0] in kinds else no(because)


def _within(criterion: Criterion, record: pb.Record, on: date) -> CriterionFinding:
    decided = ends.day_of(record.decision.decided_on)
    if decided is None:
        return undecided("the day of the decision is unknown")
    because = f"decided on {decided}"
    return yes(because) if on <= ends.later(decided, years=criterion.years) else no(because)


_REASONS: Final = {
    Answer.YES: "conduct that the provision lists",
    Answer.NO: "not conduct that the provision lists",
    Answer.UNDECIDED: "not in the table of conduct",
}
_UNSTATED: Final[Predicate] = ((Criterion("undecided", ("what matters of this class is not said",)),),)
_CRITERIA: Mapping[str, Callable[[Criterion, pb.Record, date], CriterionFinding]] = {
    "decided": lambda criterion, record, on: yes("there is a decision"),
    "conduct_in": _conduct_in,
    "offence_in": _offence_in,
    "non_prosecution": _non_prosecution,
    "sanction": _sanction,
    "within": _within,
    "undecided": lambda criterion, record, on: undecided(criterion.arguments[0]),
}
