"""The charter as a server uses it: a new one is in the log before anything is done under it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from federation.charter.model import Charter
from federation.charter.trust import CharterTrust
from federation.clock import stamp
from federation.evidence.entry import EntryKind
from journal.journal import Journal


class UnderCharter:
    """Returns the charter in force; every entry after `charter_changed` stands under the one it names."""

    def __init__(self, *, trust: CharterTrust, journal: Journal, now: Callable[[], datetime]) -> None:
        self._trust = trust
        self._journal = journal
        self._now = now
        self._version = trust.current().version
        self._changing = threading.Lock()

    def __call__(self) -> Charter:
        """Return the charter; raises `CharterUnusable`, or `CannotAccount` when the change cannot be logged."""
        charter = self._trust.current()
        if charter.version != self._version:
            self._note(charter)
        return charter

    def _note(self, charter: Charter) -> None:
        with self._changing:
            if charter.version == self._version:
                return
            at = stamp(self._now())
            self._journal.run(
                lambda work: work.log.append(
                    EntryKind.CHARTER_CHANGED,
                    at=at,
                    charter_version=charter.version,
                    charter_digest=charter.digest,
                )
            )
            self._version = charter.version
