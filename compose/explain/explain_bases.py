"""The questions of `hutong explain basis`: convictions in, the result under a provision out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from compose.explain.catalogues import row_json
from compose.explain.explain_related import RelatedDecision, judge_decisions
from compose.explain.question import Day, QuestionForm, Text, name_in, read
from compose.explain.strict_json import BadLine
from federation.errors import NotPermitted
from federation.law.bases import Basis, require_usable
from federation.law.relevance import Answer, judge
from federation.law.relevance.running import BAN
from federation.v1 import record_pb2 as pb

MOST_CONVICTIONS: Final = 100
MOST_ITEMS: Final = 1000
Months = Annotated[int, Field(ge=0, le=1200)]


class _PenaltyForm(QuestionForm):
    kind: Annotated[int, name_in(pb.PenaltyKind)]
    months: Months | None = None
    days: Months | None = None
    probation_months: Months | None = None


class _Offence(QuestionForm):
    name: Text
    article: Text | None = None
    intent: Annotated[int, name_in(pb.Intent)] | None = None
    penalty: _PenaltyForm | None = None


def _kind_alone(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


class _Supplementary(QuestionForm):
    kind: Annotated[int, name_in(pb.SupplementaryKind)]
    months: Months = 0
    for_life: bool = False


class _Execution(QuestionForm):
    kind: Annotated[int, name_in(pb.ExecutionKind)]
    on: Day | None


class _Prohibition(QuestionForm):
    kind: Annotated[int, name_in(pb.ProhibitionKind)]
    scope: Text
    months: Months = 0
    for_life: bool = False
    first: Day | None = Field(default=None, alias="from")
    until: Day | None = None


class Conviction(QuestionForm):
    """One conviction, in the form of `explain basis` and `explain bars`."""

    offences: Annotated[list[_Offence], Field(min_length=1, max_length=MOST_ITEMS)]
    penalty: _PenaltyForm | None
    further_penalty: _PenaltyForm | None = None
    supplementary: Annotated[
        list[Annotated[_Supplementary, BeforeValidator(_kind_alone)]] | None, Field(max_length=MOST_ITEMS)
    ] = None
    execution: Annotated[list[_Execution] | None, Field(max_length=MOST_ITEMS)] = None
    pronounced_on: Day | None = None
    final_on: Day | None
    occupation_ban: Text = ""
    prohibitions: Annotated[list[_Prohibition] | None, Field(max_length=MOST_ITEMS)] = None


class _Basis(QuestionForm):
    basis: Text
    on: Day
    convictions: Annotated[list[Conviction], Field(max_length=MOST_CONVICTIONS)]
    decisions: list[RelatedDecision] = Field(default=[], min_length=1, max_length=MOST_CONVICTIONS)


def explain_basis(value: object, rows: Mapping[str, Basis]) -> dict[str, object]:
    """Return the result of a provision for convictions and decisions of other classes, on a day; raises `BadLine`."""
    asked = read(_Basis, value)
    basis, on = rows.get(asked.basis), asked.on
    if basis is None:
        raise BadLine("basis", "is no row of the catalogue; `hutong explain bases` lists them")
    try:
        require_usable(basis, on)
    except NotPermitted as refused:
        return _answer("refused", [refused.message], [], basis) | {"refused": refused.reason}
    decisions = judge_decisions(basis, asked.decisions, on=on)
    found = [judge(basis, conviction(each), on=on) for each in asked.convictions]
    answers = [*(each.answer for each in found), *(each.answer for each in decisions)]
    answer = max(answers, default=Answer.NO)
    reasons = [reason for each in found if each.answer is answer for reason in each.reasons]
    reasons += [each.because for each in decisions if each.answer is answer]
    names = [name for each in found for name in each.offences]
    return _answer(answer.name.lower(), reasons or ["there is no conviction"], names, basis)


def _answer(answer: str, reasons: list[str], names: list[str], basis: Basis) -> dict[str, object]:
    return {
        "answer": answer,
        "reasons": list(dict.fromkeys(reasons)),
        "offences": list(dict.fromkeys(names)),
        "row": row_json(basis),
    }


def conviction(form: Conviction) -> pb.Record:
    """Return one conviction as a record."""
    record = pb.Record(
        record_class=pb.RECORD_CLASS_CRIMINAL,
        final_on=_written(form.final_on),
        pronounced_on=_written(form.pronounced_on),
    )
    for offence in form.offences:
        _offence(offence, record.offences.add())
    if form.penalty:
        _penalty(form.penalty, record.combined_penalty)
    if form.further_penalty:
        _penalty(form.further_penalty, record.further_penalty)
    exempt = record.combined_penalty.kind == pb.PENALTY_KIND_EXEMPT
    if record.combined_penalty.kind:
        record.verdict = pb.VERDICT_GUILTY_EXEMPT if exempt else pb.VERDICT_GUILTY
    for extra in form.supplementary or []:
        kind = pb.SupplementaryKind.ValueType(extra.kind)
        record.supplementary_penalties.add(kind=kind, months=extra.months, for_life=extra.for_life)
    for event in form.execution or []:
        record.execution.add(kind=pb.ExecutionKind.ValueType(event.kind), on=_written(event.on))
    for each in form.prohibitions or []:
        prohibition = record.prohibitions.add(
            kind=pb.ProhibitionKind.ValueType(each.kind),
            scope=each.scope,
            months=each.months,
            for_life=each.for_life,
            until=_written(each.until),
        )
        setattr(prohibition, "from", _written(each.first))
    if form.occupation_ban:
        record.extensions[BAN] = form.occupation_ban
    return record


def _offence(form: _Offence, offence: pb.Offence) -> None:
    offence.name = form.name
    offence.article = form.article or ""
    if form.intent is not None:
        offence.intent = pb.Intent.ValueType(form.intent)
    if form.penalty:
        _penalty(form.penalty, offence.penalty)


def _penalty(form: _PenaltyForm, penalty: pb.Penalty) -> None:
    penalty.kind = pb.PenaltyKind.ValueType(form.kind)
    for name in ("months", "days", "probation_months"):
        number = getattr(form, name)
        if number is not None:
            setattr(penalty, name, number)


def _written(day: date | None) -> str:
    return day.isoformat() if day else ""
