"""The questions of `hutong explain due`: until when a notice, reply or acknowledgement is in time."""

from __future__ import annotations

from typing import Annotated

from compose.explain.question import Day, QuestionForm, Text, one_of, read
from federation.law.workdays import workdays
from federation.notices.due import due_times


class _Due(QuestionForm):
    kind: Annotated[Text, one_of(tuple(due_times()))]
    occurred: Day


def explain_due(value: object) -> dict[str, object]:
    """Return the last day on which something of this kind is in time; raises `BadLine`."""
    asked = read(_Due, value)
    calendar, due_time = workdays(), due_times()[asked.kind]
    due_on = due_time.due_on(asked.occurred, calendar)
    unknown = sorted({asked.occurred.year, due_on.year} - calendar.years) if due_time.working else []
    note = f"no holidays are known for {unknown[0]}: its weekends alone were left out" if unknown else ""
    return _with_note({"due_on": due_on.isoformat()}, note)


def _with_note(answer: dict[str, object], note: str) -> dict[str, object]:
    return answer | {"note": note} if note else answer
