"""The questions of `hutong explain basis` about decisions beside convictions, and the table of external stores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from compose.explain.question import Day, Question, Text, one_of, word_of
from compose.shared.printing import Console, listing, marked, styled
from federation.law.bases import Basis
from federation.law.external_stores import stores
from federation.law.relevance.beside import judge_beside
from federation.law.relevance.finding import Finding
from federation.v1 import record_pb2 as pb
from federation.v1 import related_pb2
from federation.values.words import parse_record_class

CLASSES: Final = ("public_order", "non_prosecution", "reeducation")
MOST_ITEMS: Final = 100
_Sanction = Annotated[int, word_of(related_pb2.SanctionKind)]


class Decision(Question):
    """A decision of another class, beside convictions."""

    record_class: Annotated[str, one_of(CLASSES), Field(alias="class")]
    acts: Annotated[list[Text], Field(min_length=1, max_length=MOST_ITEMS)]
    decided_on: Day | None
    sanctions: list[_Sanction] = Field(default=[], min_length=1, max_length=MOST_ITEMS)
    non_prosecution: Annotated[int, word_of(related_pb2.NonProsecutionKind)] = 0


def judge_decisions(basis: Basis, given: Sequence[Decision], *, on: date) -> list[Finding]:
    """Return what `basis` says of each decision on the day."""
    records = [_decision(each) for each in given]
    found: list[Finding] = []
    for name in CLASSES:
        of_class = [[record] for record in records if record.record_class == parse_record_class(name)]
        found += judge_beside(basis, name, of_class, on=on) if of_class else []
    return found


def stores_json() -> list[dict[str, object]]:
    """Return the table of external stores as programs read it (R65)."""
    return [
        {
            "id": store.id,
            "title": store.title,
            "link": store.link,
            "agencies": sorted(store.agencies),
            "basis": store.basis,
            "note": store.note,
            "in_force_from": store.in_force_from.isoformat() if store.in_force_from else "",
            "in_force_to": store.in_force_to.isoformat() if store.in_force_to else "",
        }
        for store in stores().values()
    ]


def stores_table() -> None:
    """Print the table of external stores for people."""
    table = listing(
        "links to other stores of information (R65)",
        "id",
        "store",
        "link",
        "kept by",
        "legal basis",
        whole=("id", "link"),
    )
    for store in stores().values():
        basis = styled(store.basis) if store.basis else marked("[dim]none: refused. {}[/]", store.note)
        table.add_row(store.id, store.title, store.link, ", ".join(sorted(store.agencies)), basis)
    Console(width=max(Console().width, 110)).print(table)


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
