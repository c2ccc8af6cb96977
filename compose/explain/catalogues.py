"""The catalogues behind `hutong explain bases` and `stores`, as people and programs read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from compose.shared.printing import Console, listing, marked, styled
from federation.law.bases import Basis
from federation.law.external_stores import stores

WIDTH: Final = 130
"""Width in characters; a narrower table of laws would be unreadable."""
_FIELDS: Final = (
    "id",
    "law",
    "article",
    "version",
    "rank",
    "purpose",
    "summary",
    "wording",
    "period",
    "who",
    "shown",
    "shown_sealed",
    "same_as",
    "under",
    "askable",
    "beyond",
    "note",
    "checked",
)


def row_json(basis: Basis) -> dict[str, object]:
    """Return a row as programs read it, without fields that the catalogue leaves open."""
    row: dict[str, Any] = {name: getattr(basis, name) for name in _FIELDS}
    row |= {
        "askers": sorted(basis.askers),
        "includes_classes": sorted(basis.includes_classes),
        "opens_seal": sorted(basis.opens_seal),
        "predicate": [[str(criterion) for criterion in alternative] for alternative in basis.predicate],
        "beside": {
            name: [[str(criterion) for criterion in alternative] for alternative in predicate]
            for name, predicate in basis.beside.items()
        },
    }
    for name in ("in_force_from", "in_force_to", "checked_on"):
        day = getattr(basis, name)
        row[name] = day.isoformat() if day else ""
    return {name: item for name, item in row.items() if item != ""}


def bases_table(rows: Mapping[str, Basis]) -> None:
    """Print the catalogue for people."""
    table = listing(
        "statutory bases for public questions (R36, R37)",
        "id",
        "provision",
        "what matters",
        "how long",
        "who may ask",
        "shown",
        whole=("id", "shown"),
    )
    for basis in rows.values():
        shown = styled(basis.shown.replace("_", "/")) if basis.askable else marked("[dim]not askable[/]")
        who = marked("{} [dim]({})[/]", basis.who, ", ".join(sorted(basis.askers)))
        table.add_row(basis.id, basis.citation, basis.summary, basis.period, who, shown)
    Console(width=max(Console().width, WIDTH)).print(table)


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
