"""The questions of `hutong explain basis` about decisions other than convictions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from compose.explain.question import Day, Question, Text, one_of, word_of
from federation.law.bases import Basis
from federation.law.relevance.finding import Finding
from federation.law.relevance.related import judge_related
from federation.v1 import record_pb2 as pb
from federation.v1 import related_pb2
from federation.values.words import parse_record_class

CLASSES: Final = ("public_order", "non_prosecution", "reeducation")
MOST_ITEMS: Final = 100
_Sanction = Annotated[int, word_of(related_pb2.SanctionKind)]


class Decision(Question):
    """A decision of another class than convictions."""

    record_class: Annotated[str, one_of(CLASSES), Field(alias="class")]
    acts: Annotated[list[Text], Field(min_length=1, max_length=MOST_ITEMS)]
    decided_on: Day | None
    sanctions: list[_Sanction] = Field(default=[], min_length=1, max_length=MOST_ITEMS)
    non_prosecution: Annotated[int, word_of(related_pb2.NonProsecutionKind)] = 0


def judge_decisions(basis: Basis, given: Sequence[Decision], *, on: date) -> list[Finding]:
    """Return the findings of `basis` on each decision on that day."""
    records = [_decision(each) for each in given]
    found: list[Finding] = []
    for name in CLASSES:
        of_class = [[record] for record in records if record.record_class == parse_record_class(name)]
        found += judge_related(basis, name, of_class, on=on) if of_class else []
    return found


def _decision(said: Decision) -> pb.Record:
    record = pb.Record(record_class=parse_record_class(said.record_class))
    for act in said.acts:
        record.offences.add(name=act)
    if said.decided_on is not None:
        record.decision.decided_on = said.decided_on.isoformat()
    for kind in said.sanctions:
        record.decision.sanctions.add(kind=related_pb2.SanctionKind.ValueType(kind))
    if said.non_prosecution:
        record.decision.non_prosecution = related_pb2.NonProsecutionKind.ValueType(said.non_prosecution)
    return record
