"""Recounts of the register in the background: all buckets after each start and daily, and old keys bound meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from federation.background.loop import Loop
from federation.errors import Corrupt
from federation.evidence.entry import EntryKind
from federation.values.clock import stamp
from node.store.counted import COLUMNS, EDITION, LATER, UNBOUND, count_all, count_later
from node.store.planted import planted
from node.store.rows import Sealer
from node.store.safeguard import Safeguard
from node.store.unbound_store import Cursor, bind
from server.journal.journal import Journal
from server.journal.tally import BUCKETS
from server.journal.tallying import Tally
from server.journal.work import Work

_LOGGER = logging.getLogger(__name__)
#: Seconds between two recounts.
DAILY_S = 86_400.0
#: A file in the home by which `hutong node check` asks for a recount at once.
RECOUNT = "recount.now"
#: Rows compared and keys bound at a time: a few milliseconds of work each.
_ROWS, _KEYS = 1000, 64
#: Differences that an entry of the log names; more are only counted.
_MOST_LOGGED = 100


class Recounting:
    """Compares the whole register with the tally, again and again, and reports differences in the log."""

    def __init__(
        self,
        *,
        journal: Journal,
        tally: Tally,
        safeguard: Safeguard,
        sealer: Sealer,
        now: Callable[[], datetime],
        asked: Path,
        every_s: float = 5.0,
    ) -> None:
        """`asked` is a file by which `hutong node check` asks for a recount at once."""
        self._journal = journal
        self._tally = tally
        self._safeguard = safeguard
        self._sealer = sealer
        self._now = now
        self._asked = asked
        self._reported = 0
        self._due = 0.0
        #: The tables that are still to be compared, and the first bucket of the first.
        self._tables: list[str] = []
        self._bucket = 0
        self._cursor: Cursor | None = Cursor()
        self._loop = Loop("recounting", self._step, every_s=every_s)
        safeguard.on_finding(self._loop.wake)

    def begin(self, *, counted_before: bool) -> None:
        """Begin the tally of a store that has none; if the store was counted before, that it has none is a finding."""
        if not self._tally.kept and counted_before:
            self._safeguard.found("the tally of the register is missing")
        elif not self._tally.kept:
            began = time.monotonic()
            self._journal.run(lambda work: count_all(work.view, work.counted))
            _LOGGER.info("the register was counted for the first time in %.1f s", time.monotonic() - began)
        elif (counted := self._tally.count(EDITION)) < len(LATER) and not self._tally.fault:
            self._journal.run(lambda work: count_later(work.view, work.counted, counted))
            _LOGGER.info("counted now too: %s", ", ".join(LATER[counted:]))
        self._insist_bound()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Recount in the background until the context ends."""
        with self._loop:
            yield

    def _step(self) -> bool:
        """Do a piece of what is due; False when nothing is."""
        self._report()
        if self._asked.exists():
            self._asked.unlink(missing_ok=True)
            self._due = 0.0
        if not self._tables and time.monotonic() < self._due:
            return self._bind()
        if not self._tables:
            self._look_for_planted()
            self._tables = list(COLUMNS)
        table = self._tables[0]
        last = min(BUCKETS, self._bucket + buckets_at_a_time(self._tally.count(table))) - 1
        with self._journal.giving_way.turn():
            self._safeguard.compare(table, self._bucket, last)
        self._bucket = last + 1
        if self._bucket == BUCKETS:
            del self._tables[0]
            self._bucket = 0
        if not self._tables:
            self._due = time.monotonic() + DAILY_S
            self._safeguard.completed()
            counted = ", ".join(f"{self._tally.count(table):,} in {table}" for table in COLUMNS)
            _LOGGER.info("the register was recounted: %s", counted)
        return True

    def _look_for_planted(self) -> None:
        """Find what makes SQLite show other rows than there are, also where it was planted while the node runs."""
        with self._journal.reading() as view:
            found = list(planted(view))
        for what in found:
            self._safeguard.found(what)

    def _report(self) -> None:
        """Log the findings that are not in the log yet."""
        new, at = self._safeguard.findings[self._reported :], stamp(self._now())
        if not new:
            return

        def command(work: Work) -> None:
            work.log.append(
                EntryKind.INCIDENT,
                at=at,
                what="store-tampered",
                differences=len(new),
                found=new[:_MOST_LOGGED],
            )

        self._journal.run(command, yields=True)
        self._reported += len(new)

    def _bind(self) -> bool:
        """Bind some keys of an earlier program to version and status; False when there are none left."""
        cursor = self._cursor
        if cursor is None or not self._tally.count(UNBOUND) or self._safeguard.findings:
            return False
        try:
            with self._journal.giving_way.turn():
                self._cursor = self._journal.run(
                    lambda work: bind(work, self._sealer, cursor, _KEYS), yields=True, scrubs=False
                ).value
        except Corrupt as error:
            self._safeguard.found(f"a key of an earlier program: {error.message}")
            return True
        if self._cursor is None:
            self._journal.scrub()
            _LOGGER.info("keys are bound to version and status; %d are not", self._tally.count(UNBOUND))
        self._insist_bound()
        return True

    def _insist_bound(self) -> None:
        """Read no key in the form of an earlier program once the store has none."""
        for vault in self._sealer.vaults:
            vault.all_bound = self._tally.kept and not self._tally.count(UNBOUND)


def buckets_at_a_time(rows: int) -> int:
    """Return how many buckets of a table with so many rows are compared at a time."""
    return max(1, min(BUCKETS, BUCKETS * _ROWS // max(rows, 1)))
