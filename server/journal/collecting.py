"""Entries that collect events about seals on their way: written at fixed times, whether or not there were any events.

A sealed record causes more events than an open one, at its holder and at every other server. If each were an entry,
the growth of the logs would tell of the seal. So these events are durable in the transaction that they account for, and
the next entry of this kind holds them all; there is one at each fixed time, and one whenever operators read the log to
its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from federation.background.loop import Loop
from federation.evidence.entry import SALT_BYTES, EntryKind, Value, read_body
from federation.values.clock import fixed_time, stamp
from server.journal.deferred_store import DeferredStore
from server.journal.journal import Journal
from server.journal.log_rows import DeferredEvents
from server.journal.work import Work

#: Seconds between looks whether a fixed time has come.
LOOK_S = 5.0
#: Bytes of events in one entry, so that pages of entries can be sent; the others wait for the next one.
MOST_BYTES = 64 * 1024
_MOST_EVENTS = 1000


class EventCollector:
    """Writes the entries of one log that collect deferred events."""

    def __init__(
        self,
        journal: Journal,
        *,
        every_s: float,
        now: Callable[[], datetime],
        events: DeferredEvents | None = None,
    ) -> None:
        """The fixed times are `every_s` seconds apart, counted from 1970 in UTC."""
        self._journal = journal
        self._events: DeferredEvents = events or DeferredStore()
        self._every_s = every_s
        self._now = now
        self._loop = Loop("spreading-entries", self.step, every_s=LOOK_S, longest_s=LOOK_S)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write what is due at once, and then in the background until the context ends."""
        self.step()
        with self._loop:
            yield

    def step(self) -> bool:
        """Write the entry of the last fixed time, if it is not written yet; return False: the next one is not due."""
        now = self._now()
        due = stamp(fixed_time(now, self._every_s))
        with self._journal.reading() as view:
            last = self._events.collected_at(view)
        if last is None or last < due:
            self._journal.run(lambda work: self._write_due(work, due, now), yields=True)
        return False

    def collect(self, work: Work, at: datetime) -> None:
        """Write an entry with the events that wait, the oldest first, and how many wait on; also when none does."""
        with self._journal.condition.reading():
            oldest = dict(self._oldest(work))
        waiting = self._events.count(work.view) - len(oldest)
        work.log.append(EntryKind.SPREADING, at=stamp(at), events=list(oldest.values()), waiting=waiting)
        self._events.drop(work.view, max(oldest, default=0))

    def _write_due(self, work: Work, due: str, now: datetime) -> None:
        self.collect(work, now)
        self._events.set_collected(work.view, due)

    def _oldest(self, work: Work) -> Iterator[tuple[int, Value]]:
        """Yield the number and the content of each event until an entry is full, the first in any case."""
        length = 0
        for number, event in self._events.oldest(work.view, _MOST_EVENTS):
            clear = work.log.cipher.unlock(event.body, event.leaf)
            length += len(clear)
            if length > max(MOST_BYTES, len(clear)):
                return
            yield number, {"salt": clear[:SALT_BYTES].hex(), "entry": read_body(clear[SALT_BYTES:])}
