"""Storage of this agency's objections that some gateway has yet to take, as (record id, version)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, delete, insert, or_, select

from node.store.schema import sealing_objection as table
from server.journal.work import View, Work


def note(work: Work, record_id: bytes, version: int) -> None:
    """Note that the record's version objects to the seal that withholds it."""
    work.view.execute(insert(table), {"record_id": record_id, "version": version})


def first(view: View, most: int) -> list[tuple[bytes, int]]:
    """Return up to `most` objections."""
    rows = view.execute(select(table).limit(most)).all()
    return [(bytes(row.record_id), row.version) for row in rows]


def done(work: Work, objections: Collection[tuple[bytes, int]]) -> None:
    """Remove objections that every gateway has durably."""
    mine = or_(*(and_(table.c.record_id == id, table.c.version == version) for id, version in objections))
    work.view.execute(delete(table).where(mine))
