"""What the disclosure policies are asked with: askers and records as Cedar entities, and a row of the catalogue."""

from __future__ import annotations

from typing import Final

from federation.law.bases import Basis
from federation.law.bases.row import SEALED_BY
from federation.values.identity import OrganClass
from federation.values.terms import RecordClass, SealRule

NO_BASIS: Final[dict[str, object]] = {
    "known": False,
    "askers": [],
    "includes": [],
    "opens": [],
    "opens_some": False,
}


def basis_of(row: Basis | None, opened: frozenset[SealRule]) -> dict[str, object]:
    """Return what a policy may look at of the row that a question names; `opened` are seals opened in the charter."""
    if row is None:
        return NO_BASIS
    opens = row.opens_classes | {SEALED_BY[rule] for rule in opened}
    return {
        "known": True,
        "askers": sorted(row.askers),
        "includes": sorted(map(str, row.includes_classes)),
        "opens": sorted(map(str, opens)),
        "opens_some": not opens.isdisjoint(row.includes_classes),
    }


def record_id(record_class: RecordClass, sealed: bool) -> str:
    """Return the id of the entity that stands for all records of the class that are sealed, or open."""
    return f"{record_class}/{'sealed' if sealed else 'open'}"


def entities() -> list[dict[str, object]]:
    """Return all asker classes and all kinds of record as Cedar entities."""
    askers: list[dict[str, object]] = [
        {"uid": {"type": "Asker", "id": str(c)}, "attrs": {"class": str(c)}, "parents": []}
        for c in OrganClass
    ]
    records: list[dict[str, object]] = [
        {
            "uid": {"type": "Record", "id": record_id(name, sealed)},
            "attrs": {"class": str(name), "sealed": sealed},
            "parents": [],
        }
        for name in RecordClass
        for sealed in (False, True)
    ]
    return askers + records
