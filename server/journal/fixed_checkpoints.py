"""The checkpoint of the last fixed time: all that who is no witness learns of the growth of another member's log.

Whoever may ask for the newest state at any time sees when something was entered or sealed, however quiet the hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from federation.errors import Unavailable
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import fixed_time, stamp
from server.journal.checkpoint_store import CheckpointStore
from server.journal.journal import Journal
from server.journal.log_rows import Checkpoints


class FixedCheckpoints:
    """Keeps one checkpoint, replaced when the next fixed time has come."""

    def __init__(
        self,
        journal: Journal,
        *,
        every_s: float,
        now: Callable[[], datetime],
        checkpoints: Checkpoints | None = None,
    ) -> None:
        """The fixed times are `every_s` seconds apart, counted from 1970 in UTC."""
        self._journal = journal
        self._checkpoints: Checkpoints = checkpoints or CheckpointStore()
        self._every_s = every_s
        self._now = now

    def newest(self) -> Envelope:
        """Return the checkpoint of the last fixed time at which this server served."""
        with self._journal.reading() as view:
            kept = self._checkpoints.fixed(view)
        if kept is None:
            raise Unavailable("no fixed time for a checkpoint has come yet; ask again shortly")
        return kept[1]

    def keep(self, charter_version: int) -> None:
        """Sign and keep the present state, durably, if a fixed time has come since the one that is kept."""
        due = stamp(fixed_time(self._now(), self._every_s))
        with self._journal.reading() as view:
            last = self._checkpoints.fixed(view)
        if last is not None and last[0] >= due:
            return
        envelope = self._journal.checkpoint_of_now(charter_version)
        self._journal.run(lambda work: self._checkpoints.set_fixed(work.view, due, envelope), yields=True)
