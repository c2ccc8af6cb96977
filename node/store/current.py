"""The tables of current records, open and sealed apart, and how their rows are read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Table

from federation.law import sealing
from node.store import schema
from node.store.rows import CurrentRecord

#: (records, their tokens)
OPEN = (schema.open_record, schema.open_token)
SEALED = (schema.sealed_record, schema.sealed_token)


def tables_of(status: sealing.Status) -> tuple[Table, Table]:
    """Return the tables that hold records of `status`, and their tokens."""
    return OPEN if status is sealing.Status.OPEN else SEALED


def current_of(row: Row[Any]) -> CurrentRecord:
    """Return the current state of a row's record; the table of open records has no status column."""
    return CurrentRecord(
        record_id=bytes(row.record_id),
        version=row.version,
        content=bytes(row.content),
        wrapped_key=bytes(row.wrapped_key),
        entered_at=row.entered_at,
        entry=bytes(row.entry),
        status=sealing.Status(getattr(row, "status", sealing.Status.OPEN)),
        conviction=bytes(row.conviction),
        record_class=row.record_class,
    )
