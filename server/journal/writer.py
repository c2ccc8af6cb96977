"""The writing thread: many callers' changes in one transaction, with one wait for the disk.

Commands queue. The thread takes the waiting ones, runs them in one transaction with their log entries, and
commits; only then do the callers continue. So a returned call means durable data, the cost of the disk is shared, and
an event loop never waits for the disk or for another's transaction: it is called back with the outcome. A
transaction is kept short, and a failed one is run again command by command, so that one bad command fails alone.

A caller with its own thread that finds nobody writing and nobody waiting writes by itself, because it would only
wait for the other thread. An event loop never does.

The charter in force is a value that this thread keeps: it changes by its entry in the log, and commands after that
entry run under the new charter.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine, RootTransaction

from federation.charter.model import Charter
from federation.errors import CannotAccount
from federation.evidence.entry import EntryKind
from federation.evidence.merkle import Frontier
from server.journal.engine import beginning
from server.journal.log import Log, Once
from server.journal.tally import Changes
from server.journal.tallying import Tally, Written
from server.journal.waiting import Batch, Queued, WriterQueue, fail_all, notify_all
from server.journal.work import Command, Committed, Work

T = TypeVar("T")
_LOGGER = logging.getLogger(__name__)
#: Seconds after which a transaction takes no further command, so that the finished ones only wait for the disk.
SLICE_S = 0.02


@dataclass(frozen=True, slots=True)
class _After:
    """What a transaction leads to, once it is durable."""

    log: Frontier
    charter: Charter
    tally: Written


class Writer:
    """The only writer of one database; a context manager that ends after the last queued command."""

    def __init__(
        self,
        *,
        engine: Engine,
        log: Log,
        charter: Charter,
        tally: Tally | None = None,
        most: int = 256,
        waiting: int = 4096,
    ) -> None:
        """Run at most `most` commands in one transaction, and let at most `waiting` commands wait."""
        self._engine = beginning(engine, "IMMEDIATE")
        self._log = log
        self._tally = tally
        self._charter = charter
        self._most = most
        self._waiting = WriterQueue(waiting)
        self._connection: Connection | None = None
        #: The lock held by the one thread that writes, and that thread's identity while it runs commands.
        self._place = threading.Lock()
        self._writing_on: int | None = None
        #: The time of the last command that does not yield (monotonic seconds).
        self._asked_at = float("-inf")
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)

    def __enter__(self) -> Self:
        with self._engine.connect() as connection:
            self._log.restore(connection)
            if self._tally is not None:
                self._tally.load(connection, self._log.frontier)
        self._connection = self._engine.connect()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.close()
        self._thread.join()
        with self._place:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def run(
        self,
        command: Command[T],
        *,
        onces: Sequence[Once] = (),
        timeout: float = 30.0,
        yields: bool = False,
    ) -> Committed[T]:
        """Return the result of `command` once its effects are durable; raises the command's own error.

        The command will need `onces`: those of all waiting commands are looked up together. A command that `yields`
        lets others go first. Raises `Exhausted` when too many wait, and `CannotAccount` when the log cannot
        be written, or the command was not reached within `timeout` seconds: then it never runs. Raises
        `RuntimeError` when a command calls this: it would wait for itself.
        """
        self.insist_outside()
        if not yields:
            self._asked_at = time.monotonic()
        if (done := self._run_here(command, onces)) is not None:
            return done.outcome()
        settled = threading.Lock()
        settled.acquire()
        item = Queued(command, onces, lambda _: settled.release(), yields)
        self._waiting.put([item])
        if not settled.acquire(timeout=timeout) and not self.withdraw(item):
            settled.acquire()  # under way: its outcome is near, and the caller has to know it
        return item.outcome()

    def _run_here(self, command: Command[T], onces: Sequence[Once]) -> Queued[T] | None:
        """Run a command on its caller's thread if nobody writes or waits; None if somebody does."""
        if not self._place.acquire(blocking=False):
            return None
        try:
            if len(self._waiting):
                return None
            item = Queued(command, onces, lambda _: None)
            self._settle(deque([item]))
            return item
        finally:
            self._place.release()

    def submit(self, items: Sequence[Queued[Any]]) -> None:
        """Queue commands and return at once; each item's `notify` is called when it has its outcome.

        Raises `Exhausted` when too many wait, `CannotAccount` when the writer has stopped.
        """
        self.insist_outside()
        self._asked_at = time.monotonic()
        self._waiting.put(items)

    def withdraw(self, item: Queued[Any]) -> bool:
        """Withdraw a command: it will never run. False when it is under way or has run; then it will be notified."""
        return self._waiting.withdraw(item)

    def asked_at(self) -> float:
        """Return the time of the last command that does not yield, in monotonic seconds."""
        return self._asked_at

    def waiting(self) -> int:
        """Return how many commands wait for their transaction."""
        return len(self._waiting)

    @property
    def inside(self) -> bool:
        """Whether the calling thread runs a command."""
        return threading.get_ident() == self._writing_on

    def insist_outside(self) -> None:
        """Raise `RuntimeError` inside a command: its `Work` has the charter and the log for it."""
        if self.inside:
            raise RuntimeError(
                "a command must not wait for the writer, nor look outside its Work for the charter"
            )

    def adopt(self, charter: Charter, *, at: str) -> None:
        """Put `charter` in force: its entry is durable when this returns, and later commands run under it.

        Raises `CannotAccount` when the entry cannot be written: then the previous charter stays in force.
        """

        def command(work: Work) -> None:
            if work.charter.version != charter.version:
                work.log.append(
                    EntryKind.CHARTER_CHANGED,
                    at=at,
                    charter_version=charter.version,
                    charter_digest=charter.digest,
                )
            work.charter = charter

        self.run(command)

    def _write(self) -> None:
        while self._waiting.wait():
            with self._place:
                self._settle(self._waiting.take(self._most))

    def _settle(self, batch: Batch) -> None:
        """Run commands in one transaction and notify their callers; run each alone if the transaction fails."""
        ran: list[Queued[Any]] = []
        try:
            transaction = self._begin()
        except Exception as error:  # the store is locked or gone: no command of the batch is to blame
            fail_all(batch, error)
            return
        try:
            with self._inside(), transaction:
                values, after = self._run_all(transaction.connection, batch, ran)
        except Exception as error:
            self._waiting.put_back(batch)
            if len(ran) < 2:
                fail_all(ran, error)
            else:
                self._waiting.release(ran)
                for item in ran:
                    self._settle(deque([item]))
            return
        self._waiting.put_back(batch)
        self._log.frontier, self._charter = after.log, after.charter
        if self._tally is not None:
            self._tally.adopt(after.tally)
        size, root = after.log.size, after.log.root()
        for item, (value, changed, erased) in zip(ran, values, strict=True):
            item.done = Committed(value, size, root, changed, erased)
        notify_all(ran)

    @contextmanager
    def _inside(self) -> Iterator[None]:
        self._writing_on = threading.get_ident()
        try:
            yield
        finally:
            self._writing_on = None

    def _begin(self) -> RootTransaction:
        if self._connection is None:
            raise CannotAccount("this server is stopping; ask again shortly")
        return self._connection.begin()

    def _run_all(
        self, connection: Connection, batch: Batch, ran: list[Queued[Any]]
    ) -> tuple[list[tuple[Any, int, bool]], _After]:
        """Move commands from `batch` to `ran` and run them until the transaction is long enough.

        Questions do not wait for background work beyond the running command. Returns what to adopt.
        """
        changes = Changes() if self._tally is None else self._tally.changes()
        work = Work(connection, self._log.pending(), self._charter, counted=changes)
        work.log.recall(work.view, [once for item in batch for once in item.onces])
        values, until = [], time.monotonic() + SLICE_S
        while batch:
            if ran and (time.monotonic() > until or (batch[0].yields and self._waiting.others())):
                break
            item = batch.popleft()
            if self._waiting.begin(item):
                ran.append(item)
                work.changed, work.erased = 0, False
                value = item.command(work)
                values.append((value, work.changed, work.erased))
        work.flush()
        log = self._log.write(work.view, work.log)
        written = Written({})
        moved = work.log.rows or work.log.deferred  # what the tally's MAC covers besides the rows
        if self._tally is not None and (moved or changes.amounts() or changes.first):
            written = self._tally.write(work.view, changes, log)
        return values, _After(log, work.charter, written)
