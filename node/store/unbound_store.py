"""Records whose keys are not bound to version and status yet, as an earlier program wrapped them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from federation.law.sealing import Status
from node.store import schema
from node.store.counted import KEYED, count_in, count_out
from node.store.rows import WITHDRAWN, Sealer
from node.store.vault import WRAPPED_BYTES
from server.journal.work import Work

_STATUSES = (Status.OPEN, "", WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the tables were gone through: the table, and the last record in it."""

    table: int = 0
    after: bytes = b""


def bind(work: Work, sealer: Sealer, cursor: Cursor, most: int) -> Cursor | None:
    """Wrap up to `most` keys again, each for its version and status; None after the last. Raises `Corrupt`."""
    name, vault = KEYED[cursor.table], sealer.vaults[cursor.table]
    table = schema.metadata.tables[name]
    query = (
        select(table)
        .where(table.c.record_id > cursor.after, func.length(table.c.wrapped_key) == WRAPPED_BYTES)
        .order_by(table.c.record_id)
        .limit(most)
    )
    found = work.view.execute(query).mappings().all()
    for row in map(dict[str, Any], found):
        record_id, version = row["record_id"], row["version"]
        status = _STATUSES[cursor.table] or row["status"]
        data_key = vault.unwrap(row["wrapped_key"], record_id)
        wrapped = vault.wrap_bound(data_key, record_id, version, status)
        count_out(work, name, row)
        work.view.execute(update(table).where(table.c.record_id == record_id).values(wrapped_key=wrapped))
        count_in(work, name, {**row, "wrapped_key": wrapped})
    work.erased = bool(found)
    if len(found) == most:
        return Cursor(cursor.table, found[-1]["record_id"])
    return Cursor(cursor.table + 1) if cursor.table + 1 < len(KEYED) else None
