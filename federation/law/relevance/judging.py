"""Judging of convictions by a row of the catalogue.

Each row lists alternatives; an alternative is a list of criteria that must all hold for one and the same offence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from federation.law.bases import Basis
from federation.law.predicate import Criterion, Predicate
from federation.law.relevance import ends
from federation.law.relevance.criteria import OffenceInQuestion, find, ordered
from federation.law.relevance.finding import Answer, CriterionFinding
from federation.law.relevance.late import unsettles
from federation.law.relevance.retrial import pending_retrial
from federation.merging.precedence import FIELDS
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.enum_names import record_class_name

#: Fields whose disagreement can change an answer.
DECISIVE = frozenset(
    {
        "offences",
        "combined_penalty",
        "further_penalty",
        "prohibitions",
        "supplementary_penalties",
        "verdict",
        "execution",
        "final_on",
        "pronounced_on",
    }
)
#: Criteria about a penalty that a judgment orders for all its offences together.
_SHARED = frozenset({"min_principal_penalty", "deprived_of_political_rights"})


@dataclass(frozen=True, slots=True)
class RelevanceJudgment:
    """The answer, the names of the offences for which it is yes, and why."""

    answer: Answer
    offences: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def relevant(
    basis: Basis, convictions: Iterable[tuple[query_pb2.MergedConviction, Sequence[pb.Record]]], *, on: date
) -> Answer:
    """Return whether any conviction is relevant to `basis` on the day `on`, on each agency's facts.

    Where agencies disagree on a decisive field, each agency's version is judged: unless all lead to the same
    answer, a person must decide, so that no version is silently preferred. Records of a class that the row does
    not cover are ignored (R64).
    """
    return max(
        (
            _settled(basis, merged, stated, on)
            for merged, stated in convictions
            if record_class_name(merged.record.record_class) in basis.includes_classes
        ),
        default=Answer.NO,
    )


def judge(basis: Basis, record: pb.Record, *, on: date) -> RelevanceJudgment:
    """Return the answer for one conviction on the day `on`.

    If the row has another above it (`under`), the conviction is relevant only if it is under both rows (R36).
    """
    final = ends.day_of(record.final_on)
    if final is not None and final > on:
        return RelevanceJudgment(Answer.NO, reasons=(f"the judgment was not final on {on}",))
    own = _unless_overdue(_judge(basis.predicate, record, on), record, on)
    if basis.above is None:
        return own
    above = judge(basis.above, record, on=on)
    answer = min(own.answer, above.answer)
    deciding = [each for each in (own, above) if each.answer is answer]
    return RelevanceJudgment(
        answer,
        tuple(name for name in own.offences if name in above.offences) if answer is Answer.YES else (),
        tuple(dict.fromkeys(reason for each in deciding for reason in each.reasons)),
    )


def _unless_overdue(judged: RelevanceJudgment, record: pb.Record, on: date) -> RelevanceJudgment:
    """Leave it to a person where an outcome of a retrial is overdue: the conviction may stand no more (R47)."""
    retrial = pending_retrial(record)
    if judged.answer is not Answer.YES or retrial is None or not retrial.overdue(on):
        return judged
    ordered, ends = retrial.ordered_on, retrial.ends_on
    says = f"a retrial was ordered on {ordered}, and its outcome has been overdue since {ends}"
    return RelevanceJudgment(Answer.UNDECIDED, reasons=(says,))


def _settled(
    basis: Basis, merged: query_pb2.MergedConviction, stated: Sequence[pb.Record], on: date
) -> Answer:
    """Return the answer of one conviction, but leave it to a person where a change in their favour is late (R47)."""
    answer = _settled_by_facts(basis, merged, stated, on)
    return Answer.UNDECIDED if unsettles(merged.late_changes) and answer is Answer.YES else answer


def _settled_by_facts(
    basis: Basis, merged: query_pb2.MergedConviction, stated: Sequence[pb.Record], on: date
) -> Answer:
    answer = judge(basis, merged.record, on=on).answer
    disputed = DECISIVE & {conflict.field for conflict in merged.conflicts}
    if not disputed:
        return answer
    answers = {judge(basis, _as_stated(merged.record, record, disputed), on=on).answer for record in stated}
    return answer if answers <= {answer} else Answer.UNDECIDED


def _as_stated(merged: pb.Record, record: pb.Record, disputed: Iterable[str]) -> pb.Record:
    """Return the conviction as one agency states it; where that agency is silent, or knows less, as the others do."""
    stated = pb.Record()
    stated.CopyFrom(merged)
    shorter = {(e.kind, e.on) for e in record.execution} <= {(e.kind, e.on) for e in merged.execution}
    for field in disputed:
        if FIELDS[field].show(record) and not (field == "execution" and shorter):
            stated.ClearField(field)  # type: ignore[arg-type]
            FIELDS[field].copy(record, stated)
    return stated


def _judge(predicate: Predicate, record: pb.Record, on: date) -> RelevanceJudgment:
    """Judge by the predicate; a suspension without later events is judged both as still valid and as revoked."""
    if not record.combined_penalty.probation_months or record.execution:
        return _as_recorded(predicate, record, on)
    revoked = pb.Record()
    revoked.CopyFrom(record)
    revoked.combined_penalty.probation_months = 0
    either = [_as_recorded(predicate, each, on) for each in (record, revoked)]
    if either[0].answer is either[1].answer:
        return either[0]
    unknown = "nothing is known of the execution, so not whether the suspension was revoked"
    return RelevanceJudgment(Answer.UNDECIDED, reasons=(unknown,))


def _as_recorded(predicate: Predicate, record: pb.Record, on: date) -> RelevanceJudgment:
    found = [_alternative(criteria, record, on) for criteria in predicate]
    answer = max(each.answer for each in found)
    names = dict.fromkeys(name for each in found for name in each.offences)
    reasons = dict.fromkeys(r for each in found if each.answer is answer for r in each.reasons)
    return RelevanceJudgment(answer, tuple(names), tuple(reasons))


def _alternative(criteria: Sequence[Criterion], record: pb.Record, on: date) -> RelevanceJudgment:
    """Return the answer of one list of criteria, over all offences of the judgment."""
    found = [
        {criterion: find(criterion, OffenceInQuestion(record, offence, on)) for criterion in criteria}
        for offence in record.offences
    ]
    answers = [min(finding.answer for finding in each.values()) for each in found]
    best = max(answers, default=Answer.UNDECIDED)
    if best is Answer.UNDECIDED:
        carried = _carried(criteria, record, found)
        if carried:
            return carried
    names = tuple(o.name for o, a in zip(record.offences, answers, strict=True) if a is Answer.YES)
    reasons = dict.fromkeys(
        reason
        for each, answer in zip(found, answers, strict=True)
        if answer is best
        for reason in _why(best, each.values())
    )
    return RelevanceJudgment(best, names, tuple(reasons) or ("the record names no offence",))


def _why(answer: Answer, findings: Iterable[CriterionFinding]) -> list[str]:
    """Return all reasons of a yes, all gaps of an undecided answer, or the first reason of a no."""
    reasons = [finding.because for finding in findings if finding.answer is answer]
    return reasons[:1] if answer is Answer.NO else reasons


def _carried(
    criteria: Sequence[Criterion], record: pb.Record, found: Sequence[dict[Criterion, CriterionFinding]]
) -> RelevanceJudgment | None:
    """Return yes where a penalty ordered for all offences together certainly belongs to a relevant offence.

    It was imposed for at least one of the offences that may carry it: if all of those satisfy the other criteria,
    it does not matter for which one.
    """
    shared = [criterion for criterion in criteria if criterion.name in _SHARED]
    if len(shared) != 1 or ordered(shared[0], record).answer is not Answer.YES:
        return None
    bearers = [i for i, each in enumerate(found) if each[shared[0]].answer is not Answer.NO]
    others = [f for i in bearers for criterion, f in found[i].items() if criterion != shared[0]]
    if not bearers or any(finding.answer is not Answer.YES for finding in others):
        return None
    reasons = dict.fromkeys([ordered(shared[0], record).because, *(f.because for f in others)])
    return RelevanceJudgment(Answer.YES, tuple(record.offences[i].name for i in bearers), tuple(reasons))
