"""The checkpoint of the last fixed time: all that who is no witness learns of the growth of another member's log.

Whoever may ask for the newest state at any time sees when something was entered or sealed, however quiet the hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, insert, select

from federation.errors import Unavailable
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import fixed_time, stamp
from server.journal.journal import Journal
from server.journal.schema import fixed_checkpoint
from server.journal.work import Work


class FixedCheckpoints:
    """Keeps one checkpoint, replaced when the next fixed time has come."""

    def __init__(self, journal: Journal, *, every_s: float, now: Callable[[], datetime]) -> None:
        """The fixed times are `every_s` seconds apart, counted from 1970 in UTC."""
        self._journal = journal
        self._every_s = every_s
        self._now = now

    def newest(self) -> Envelope:
        """Return the checkpoint of the last fixed time at which this server served."""
        with self._journal.reading() as view:
            kept = view.execute(select(fixed_checkpoint.c.envelope)).scalar_one_or_none()
        if kept is None:
            raise Unavailable("no fixed time for a checkpoint has come yet; ask again shortly")
        return Envelope.FromString(kept)

    def keep(self, charter_version: int) -> None:
        """Sign and keep the present state, durably, if a fixed time has come since the one that is kept."""
        due = stamp(fixed_time(self._now(), self._every_s))
        with self._journal.reading() as view:
            last = view.execute(select(fixed_checkpoint.c.fixed_at)).scalar_one_or_none()
        if last is not None and last >= due:
            return
        envelope = self._journal.checkpoint_of_now(charter_version).SerializeToString()

        def command(work: Work) -> None:
            work.view.execute(delete(fixed_checkpoint))
            work.view.execute(insert(fixed_checkpoint), {"fixed_at": due, "envelope": envelope})

        self._journal.run(command, yields=True)
