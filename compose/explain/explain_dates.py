"""The questions of `hutong explain finality` and `due`: when a judgment is final, until when a notice is in time."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from compose.explain.question import Day, QuestionForm, Text, day, one_of, read
from compose.explain.strict_json import BadLine
from federation.errors import InvalidRequest
from federation.law.finality import JudgmentFacts, approval_fault, finality_of
from federation.law.instance import impossible_number, impossible_penalty
from federation.law.punishment import PenaltyKind
from federation.law.workdays import workdays
from federation.notices.due import due_times
from federation.values import case_number

#: Why a fact is needed, by the key that gives it.
_NEEDED = {
    "served": "missing: the appeal period counts from the service, or at the earliest from the pronouncement",
    "pronounced": "missing: a last instance is final from the day on which it is pronounced",
    "approved": "missing: the judgment is final only once a higher court has approved it",
}


def _last_day(value: object) -> date | None:
    """Return a day, or the last of several: each defendant is served on a day of their own."""
    if value is None:
        return None
    if isinstance(value, list):
        if not value:
            raise ValueError("empty: give one day at least, or null")
        return max(day(each) for each in value)
    return day(value)


class _Finality(QuestionForm):
    number: Text
    pronounced: Day | None
    served: Annotated[date | None, PlainValidator(_last_day)]
    kind: Literal["judgment", "ruling"]
    penalty: Annotated[PenaltyKind, Field(strict=False)] | None = None
    #: The same periods hold in a private prosecution (刑事诉讼法 227, 230).
    private: bool = False
    approved: Day | None = None


def explain_finality(value: object) -> dict[str, object]:
    """Return the first day on which a judgment can be final; raises `BadLine`."""
    asked = read(_Finality, value)
    try:
        number = case_number.parse(asked.number)
    except InvalidRequest as error:
        raise BadLine("number", error.violations[0].message) from None
    if fault := impossible_number(number):
        raise BadLine("number", fault)
    if fault := impossible_penalty(number, asked.penalty):
        raise BadLine("penalty", fault)
    days = [each for each in (asked.pronounced, asked.served, asked.approved) if each]
    if days and number.year > min(days).year:
        raise BadLine("number", f"is a number of {number.year}, after {min(days)}: check number and days")
    if asked.served and asked.pronounced and asked.served < asked.pronounced:
        raise BadLine("served", f"lies before the pronouncement of {asked.pronounced}")
    judgment = JudgmentFacts(
        number=number,
        ruling=asked.kind == "ruling",
        penalty=asked.penalty,
        pronounced=asked.pronounced,
        served=asked.served,
        approved=asked.approved,
    )
    if fault := approval_fault(judgment, workdays()):
        raise BadLine("approved", fault)
    found = finality_of(judgment, workdays())
    if found.day is None:
        raise BadLine(found.missing, _NEEDED[found.missing])
    return _with_note({"final_on": found.day.isoformat()}, found.note)


class _Due(QuestionForm):
    kind: Annotated[Text, one_of(tuple(due_times()))]
    occurred: Day


def explain_due(value: object) -> dict[str, object]:
    """Return the last day on which something of this kind is in time; raises `BadLine`."""
    asked = read(_Due, value)
    calendar, due_time = workdays(), due_times()[asked.kind]
    due_on = due_time.due_on(asked.occurred, calendar)
    touched = {asked.occurred.year, due_on.year} if due_time.working else {due_on.year}
    unknown = sorted(touched - calendar.years)
    effect = "its weekends alone were left out" if due_time.working else "its last day was not moved"
    note = f"no holidays are known for {unknown[0]}: {effect}" if unknown else ""
    return _with_note({"due_on": due_on.isoformat()}, note)


def _with_note(answer: dict[str, object], note: str) -> dict[str, object]:
    return answer | {"note": note} if note else answer
