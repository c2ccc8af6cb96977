"""The questions of `hutong explain basis` about decisions other than convictions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from compose.explain.question import Day, QuestionForm, Text, name_in, one_of
from federation.law.bases import Basis
from federation.law.relevance.finding import CriterionFinding
from federation.law.relevance.related import judge_related
from federation.v1 import record_pb2 as pb
from federation.v1 import related_pb2
from federation.values.enum_names import parse_record_class

CLASSES: Final = ("public_order", "non_prosecution", "reeducation")
MOST_ITEMS: Final = 100
_Sanction = Annotated[int, name_in(related_pb2.SanctionKind)]


class RelatedDecision(QuestionForm):
    """A decision of another class than convictions."""

    record_class: Annotated[str, one_of(CLASSES), Field(alias="class")]
    acts: Annotated[list[Text], Field(min_length=1, max_length=MOST_ITEMS)]
    decided_on: Day | None
    sanctions: list[_Sanction] = Field(default=[], min_length=1, max_length=MOST_ITEMS)
    non_prosecution: Annotated[int, name_in(related_pb2.NonProsecutionKind)] = 0


def judge_decisions(basis: Basis, given: Sequence[RelatedDecision], *, on: date) -> list[CriterionFinding]:
    """Return the findings of `basis` on each decision on that day."""
    records = [_decision(each) for each in given]
    found: list[CriterionFinding] = []
    for name in CLASSES:
        of_class = [[record] for record in records if record.record_class == parse_record_class(name)]
        found += judge_related(basis, name, of_class, on=on) if of_class else []
    return found


def _decision(form: RelatedDecision) -> pb.Record:
    record = pb.Record(record_class=parse_record_class(form.record_class))
    for act in form.acts:
        record.offences.add(name=act)
    if form.decided_on is not None:
        record.decision.decided_on = form.decided_on.isoformat()
    for kind in form.sanctions:
        record.decision.sanctions.add(kind=related_pb2.SanctionKind.ValueType(kind))
    if form.non_prosecution:
        record.decision.non_prosecution = related_pb2.NonProsecutionKind.ValueType(form.non_prosecution)
    return record
