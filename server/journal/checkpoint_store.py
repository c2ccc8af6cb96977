"""The signed states of a log in SQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import delete, insert, select

from federation.v1.envelope_pb2 import Envelope
from server.journal.schema import fixed_checkpoint, log_checkpoint
from server.journal.view import View

_C, _F = log_checkpoint.c, fixed_checkpoint.c


class CheckpointStore:
    """Keeps one row for each checkpoint, and one for the last fixed time."""

    def of_size(self, view: View, size: int) -> Envelope | None:
        """Return the checkpoint that was signed for this size, or None."""
        kept = view.execute(select(_C.envelope).where(_C.size == size)).scalar_one_or_none()
        return None if kept is None else Envelope.FromString(kept)

    def add(self, view: View, size: int, envelope: Envelope) -> None:
        """Keep a checkpoint for a size that has none."""
        view.execute(insert(log_checkpoint), {"size": size, "envelope": envelope.SerializeToString()})

    def all(self, view: View) -> Iterator[Envelope]:
        """Yield every checkpoint, smallest size first."""
        for kept in view.execute(select(_C.envelope).order_by(_C.size)).scalars():
            yield Envelope.FromString(kept)

    def fixed(self, view: View) -> tuple[str, Envelope] | None:
        """Return the last fixed time at which one was signed, and that checkpoint; None before the first."""
        row = view.execute(select(_F.fixed_at, _F.envelope)).one_or_none()
        return None if row is None else (row.fixed_at, Envelope.FromString(row.envelope))

    def set_fixed(self, view: View, at: str, envelope: Envelope) -> None:
        """Replace the checkpoint of the last fixed time."""
        view.execute(delete(fixed_checkpoint))
        view.execute(insert(fixed_checkpoint), {"fixed_at": at, "envelope": envelope.SerializeToString()})
