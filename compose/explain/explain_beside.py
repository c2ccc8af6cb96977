"""The questions of `hutong explain basis` about decisions beside convictions, and the table of external stores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from compose.explain.strict_json import BadLine, Form
from compose.shared.printing import Console, listing, marked, styled
from federation.law.bases import Basis
from federation.law.external_stores import stores
from federation.law.relevance.beside import judge_beside
from federation.law.relevance.finding import Finding
from federation.v1 import record_pb2 as pb
from federation.v1 import related_pb2
from federation.values.calendar import parse_date
from federation.values.words import parse_record_class, words

CLASSES: Final = ("public_order", "non_prosecution", "reeducation")
MOST_ITEMS: Final = 100


def judge_decisions(basis: Basis, given: Sequence[object], *, on: date) -> list[Finding]:
    """Return what `basis` says of each decision on the day; raises `BadLine`."""
    records = [_decision(item, f"decisions[{number}]") for number, item in enumerate(given)]
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


def _decision(value: object, path: str) -> pb.Record:
    form = Form(value, ("class", "acts", "decided_on", "sanctions", "non_prosecution"), path)
    record = pb.Record(record_class=parse_record_class(form.choice("class", CLASSES)))
    for number, act in enumerate(form.items("acts", MOST_ITEMS)):
        if not isinstance(act, str) or not act.strip():
            raise BadLine(f"{path}.acts[{number}]", "must be the name of the act")
        record.offences.add(name=act)
    if form.given("decided_on") is not None:
        text = form.text("decided_on")
        try:
            record.decision.decided_on = parse_date(text).isoformat()
        except ValueError as error:
            form.refuse("decided_on", str(error))
    if form.has("sanctions"):
        known = {
            word: number for number, word in words(related_pb2.SanctionKind.DESCRIPTOR).items() if number
        }
        for item in form.items("sanctions", MOST_ITEMS):
            if item not in known:
                form.refuse("sanctions", f"is not among {', '.join(known)}")
            record.decision.sanctions.add(kind=related_pb2.SanctionKind.ValueType(known[str(item)]))
    if form.has("non_prosecution"):
        kinds = {w: n for n, w in words(related_pb2.NonProsecutionKind.DESCRIPTOR).items() if n}
        kind = kinds[form.choice("non_prosecution", list(kinds))]
        record.decision.non_prosecution = related_pb2.NonProsecutionKind.ValueType(kind)
    return record
