"""Links of a record to other stores: only declared stores, with a legal basis in force, each once (R65)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from federation.errors import FieldViolation
from federation.law.external_stores import link_refusals, stores
from federation.v1 import record_pb2 as pb


def check(record: pb.Record, *, today: date) -> Iterator[FieldViolation]:
    """Yield what is wrong with the links of `record`."""
    seen: set[str] = set()
    for number, link in enumerate(record.links):
        where = f"links[{number}]"
        for refusal in link_refusals(link.store, today):
            yield FieldViolation(f"{where}.store", "R65", refusal)
        if not link.reference:
            yield FieldViolation(f"{where}.reference", "R65", "give the reference in that store")
        if link.store in seen:
            yield FieldViolation(f"{where}.store", "R65", f"{link.store} is linked twice")
        seen.add(link.store)


def agency_violations(record: pb.Record, agency: str) -> Iterator[FieldViolation]:
    """Yield the links that the node of an agency of class `agency` may not keep."""
    for number, link in enumerate(record.links):
        known = stores().get(link.store)
        if known is not None and agency not in known.agencies:
            holders = ", ".join(sorted(known.agencies))
            yield FieldViolation(
                f"links[{number}].store", "R65", f"a link to {known.title} is kept by {holders}"
            )
