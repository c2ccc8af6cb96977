"""The records that a run goes through, and how many there are in each status."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, union_all

from federation.law.sealing import Status
from federation.v1 import sealing_pb2
from node.store.schema import open_record, sealed_record
from server.journal.work import View

_IDS = union_all(select(open_record.c.record_id), select(sealed_record.c.record_id)).subquery()
_HIDDEN = select(sealed_record.c.status, func.count()).group_by(sealed_record.c.status)


def page(view: View, after: bytes, limit: int) -> Sequence[bytes]:
    """Return up to `limit` ids of records, open or not, that follow `after`, in their order."""
    query = select(_IDS.c.record_id).where(_IDS.c.record_id > after).order_by(_IDS.c.record_id).limit(limit)
    return [bytes(record_id) for record_id in view.execute(query).scalars()]


def count(view: View) -> int:
    """Return the number of current records, open or not."""
    return int(view.execute(select(func.count()).select_from(_IDS)).scalar_one())


def standing(view: View) -> sealing_pb2.RecordStanding:
    """Return how many records there are, and how many of them are open, sealed and withheld."""
    hidden: dict[str, int] = {status: number for status, number in view.execute(_HIDDEN)}
    opened = int(view.execute(select(func.count()).select_from(open_record)).scalar_one())
    sealed, undecided = hidden.get(str(Status.SEALED), 0), hidden.get(str(Status.WITHHELD), 0)
    return sealing_pb2.RecordStanding(
        records=opened + sealed + undecided, open=opened, sealed=sealed, undecided=undecided
    )
