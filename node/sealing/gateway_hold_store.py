"""Which open records were withheld because a gateway alone proposed it, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from federation.values.clock import stamp
from node.store.schema import gateway_hold as table
from server.journal.work import Work


def count(work: Work, gateway: str, *, since: datetime) -> int:
    """Return how many records were withheld because of `gateway` after `since`; delete all older entries."""
    work.view.execute(delete(table).where(table.c.held_at < stamp(since)))
    held = select(func.count()).select_from(table).where(table.c.gateway == gateway)
    return int(work.view.execute(held).scalar_one())


def note(work: Work, record_id: bytes, gateway: str, at: datetime) -> None:
    """Note that a record was withheld because `gateway` proposed it."""
    row = {"record_id": record_id, "gateway": gateway, "held_at": stamp(at)}
    work.view.execute(insert(table).on_conflict_do_nothing(), row)
