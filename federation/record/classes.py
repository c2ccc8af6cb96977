"""The non-criminal classes of record (R64), as data: the holders of each, and its mandatory fields."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from federation.errors import FieldViolation
from federation.v1 import record_pb2 as pb
from federation.values.enum_names import record_class_name
from federation.values.identity import OrganClass
from federation.values.terms import RecordClass

TABLE: Final = Path(__file__).parents[1] / "data" / "record_classes.toml"
CRIMINAL: Final = RecordClass.CRIMINAL


@dataclass(frozen=True, slots=True)
class RelatedClass:
    """One class. It accepts only decisions made up to `closed_after` (A24), or any where that is None."""

    name: RecordClass
    title: str
    holders: frozenset[OrganClass]
    mandatory: tuple[str, ...]
    indispensable: frozenset[str]
    sanctions: frozenset[str]
    basis: str
    closed_after: date | None = None


@cache
def related_classes() -> Mapping[str, RelatedClass]:
    """Return the classes by name, in the order of the table."""
    written = tomllib.loads(TABLE.read_text("utf-8"))
    return {
        name: RelatedClass(
            name=RecordClass(name),
            title=row["title"],
            holders=frozenset(OrganClass(each) for each in row["holders"]),
            mandatory=tuple(row["mandatory"]),
            indispensable=frozenset(row["indispensable"]),
            sanctions=frozenset(row["sanctions"]),
            basis=row["basis"],
            closed_after=row.get("closed_after"),
        )
        for name, row in written.items()
    }


def related_class(record: pb.Record) -> RelatedClass | None:
    """Return the class of a non-criminal record; None for criminal records and for an unknown class."""
    return related_classes().get(record_class_name(record.record_class))


def holder_violations(record: pb.Record, agency: str) -> list[FieldViolation]:
    """Return why the node of an agency of class `agency` may not keep the record; none for criminal ones."""
    related = related_class(record)
    if related is None or agency in related.holders:
        return []
    holders = ", ".join(sorted(related.holders))
    return [FieldViolation("record_class", "R64", f"{related.name} records are kept by {holders}")]
