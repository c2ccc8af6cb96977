"""Put new records into the register; a closed one ends what answers told of its judgment's offenders (R41)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from federation.law.sealing import Status
from node.register.acts import Register
from node.store.rows import RecordRow
from server.journal.work import Work


def put(
    work: Work,
    register: Register,
    rows: Sequence[tuple[RecordRow, bytes]],
    at: datetime,
    *,
    urgent: bool = True,
) -> None:
    """Insert rows, each with the leaf of its log entry; if `urgent`, their seals spread before others."""
    register.records.put(work, rows, urgent=urgent)
    closed = (its for row, _ in rows if row.status is not Status.OPEN for its in row.judgments)
    register.disclosures.texts_closed(work, closed, at)
