"""How far a run over all records has come (A14), and the records that it goes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, union_all
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import sealing_pb2
from node.store.schema import open_record, resealing, sealed_record
from server.journal.work import View, Work

_IDS = union_all(select(open_record.c.record_id), select(sealed_record.c.record_id)).subquery()


@dataclass(frozen=True, slots=True)
class ResealingProgress:
    """The place where a run goes on, its findings so far, and when it was finished ("" until then)."""

    after: bytes
    report: sealing_pb2.ResealReport
    finished_at: str


def page(view: View, after: bytes, limit: int) -> Sequence[bytes]:
    """Return up to `limit` ids of records, open or not, that follow `after`, in their order."""
    query = select(_IDS.c.record_id).where(_IDS.c.record_id > after).order_by(_IDS.c.record_id).limit(limit)
    return [bytes(record_id) for record_id in view.execute(query).scalars()]


def count(view: View) -> int:
    """Return the number of current records, open or not."""
    return int(view.execute(select(func.count()).select_from(_IDS)).scalar_one())


def progress(view: View, run: str) -> ResealingProgress | None:
    """Return how far a run has come; None for one that has not begun."""
    row = view.execute(select(resealing).where(resealing.c.profile == run)).one_or_none()
    if row is None:
        return None
    report = sealing_pb2.ResealReport.FromString(bytes(row.report))
    return ResealingProgress(bytes(row.after), report, row.finished_at)


def keep(work: Work, run: str, so_far: ResealingProgress) -> None:
    """Store how far a run has come, and forget any other run: if that one returns, everything is judged again."""
    values = {
        "after": so_far.after,
        "report": so_far.report.SerializeToString(deterministic=True),
        "finished_at": so_far.finished_at,
    }
    work.view.execute(
        insert(resealing)
        .values(values | {"profile": run})
        .on_conflict_do_update(index_elements=["profile"], set_=values)
    )
    work.view.execute(resealing.delete().where(resealing.c.profile != run))
