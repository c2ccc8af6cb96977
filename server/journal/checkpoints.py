"""Checkpoints at regular intervals, so that no entry stays outside a signed state for long."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from federation.background.loop import Loop
from federation.errors import HutongError
from federation.v1.envelope_pb2 import Envelope
from server.journal.fixed_checkpoints import FixedCheckpoints
from server.journal.journal import Journal

_LOGGER = logging.getLogger(__name__)
EVERY_S = 5.0


class CheckpointKeeper:
    """Signs a checkpoint whenever the log has grown since the last, and keeps it and that of each fixed time."""

    def __init__(
        self,
        journal: Journal,
        fixed: FixedCheckpoints,
        *,
        charter_version: Callable[[], int],
        keep: Callable[[Envelope], None],
        every_s: float = EVERY_S,
    ) -> None:
        """`keep` is called with the newest checkpoint each time, to keep it outside the database.

        Also with one that it has kept: so a full disk is noticed when nothing more can be entered into the log.
        """
        self._journal = journal
        self._fixed = fixed
        self._keep = keep
        self._covered_at = float("-inf")
        self._charter_version = charter_version
        self._loop = Loop("checkpoints", self._sign, every_s=every_s, longest_s=every_s)

    def uncovered_s(self) -> float:
        """Return the seconds since every entry was last covered by a checkpoint, and the disk took it."""
        return time.monotonic() - self._covered_at

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sign at once, in the background until the context ends, and once more at its end."""
        self._sign()
        self._loop.start()
        try:
            yield
        finally:
            self._loop.close()
            try:
                self._sign()
            except (HutongError, OSError) as error:
                # A full disk or an expired charter must not prevent a server from stopping.
                _LOGGER.warning("no checkpoint was signed: %s", error)

    def _sign(self) -> bool:
        if self._journal.size():
            self._keep(self._journal.checkpoint(self._charter_version()))
            self._fixed.keep(self._charter_version())
        self._covered_at = time.monotonic()
        return False
