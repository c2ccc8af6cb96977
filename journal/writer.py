"""One writer at a time: many callers' changes, one transaction, one wait for the disk.

Commands queue. Whichever caller finds the writer's place free takes all that wait, runs them in one
transaction with their log entries, and commits; only then do the callers go on. So an acknowledgement means
durable, the cost of the disk is shared, and a caller who is alone writes without waking another thread.
A batch that fails is run again command by command, so that one bad command fails alone.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import Connection, Engine, Insert
from sqlalchemy.exc import SQLAlchemyError

from federation.errors import CannotAccount, Exhausted, HutongError
from journal.log import Log, Once, Pending

T = TypeVar("T")
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Committed(Generic[T]):
    """What a command returned, and the state of the log that accounts for it."""

    value: T
    log_size: int
    log_root: bytes


@dataclass(slots=True)
class Work:
    """What a command may use: the transaction's connection, and the log entries and rows it adds."""

    connection: Connection
    log: Pending
    rows: dict[Insert, list[dict[str, object]]] = field(default_factory=dict)

    def add(self, statement: Insert, row: dict[str, object]) -> None:
        """Insert `row` when all commands of the transaction have run, together with those of the others."""
        self.rows.setdefault(statement, []).append(row)


Command = Callable[[Work], T]


@dataclass(slots=True)
class Queued(Generic[T]):
    """A command that waits, and what became of it."""

    command: Command[T]
    onces: Sequence[Once] = ()
    done: Committed[T] | None = None
    failed: Exception | None = None

    def outcome(self) -> Committed[T]:
        """Return what was committed; raises what the command raised, or `CannotAccount`."""
        if self.done is None:
            raise self.failed or CannotAccount("the log could not be written in time")
        return self.done


class Writer:
    """The only writer of one database; a context manager that ends after the last queued command."""

    def __init__(self, *, engine: Engine, log: Log, most: int = 256, waiting: int = 4096) -> None:
        self._engine = engine.execution_options(hutong_begin="IMMEDIATE")
        self._log = log
        self._most = most
        self._waiting = waiting
        self._queue: deque[Queued[Any]] = deque()
        self._place = threading.Lock()
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        with self._engine.connect() as connection:
            self._log.restore(connection)
        self._connection = self._engine.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._place:
            while self._queue:
                self._settle(self._next())
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def run(self, command: Command[T], *, onces: Sequence[Once] = (), timeout: float = 30.0) -> Committed[T]:
        """Return what `command` returned once its effects are durable; raises what it raised.

        `onces` will be asked for by the command: all that wait are looked up together. Raises `Exhausted`
        when too many wait, and `CannotAccount` when the log cannot be written, in time or at all.
        """
        item = Queued(command, onces)
        self.settle([item], timeout=timeout)
        return item.outcome()

    def settle(self, items: Sequence[Queued[Any]], *, timeout: float = 30.0) -> None:
        """Run the commands of `items`, with those of others that wait, and return when each has its outcome.

        Raises `Exhausted` when too many wait; an item that was not reached in time has no outcome.
        """
        if len(self._queue) >= self._waiting:
            raise Exhausted("too many changes wait for the disk; come back shortly")
        self._queue.extend(items)
        if not self._place.acquire(timeout=timeout):
            return
        try:
            while any(item.done is None and item.failed is None for item in items):
                self._settle(self._next())
        finally:
            self._place.release()

    def _next(self) -> list[Queued[Any]]:
        return [self._queue.popleft() for _ in range(min(len(self._queue), self._most))]

    def _settle(self, batch: list[Queued[Any]]) -> None:
        try:
            values = self._transact(batch)
        except Exception as error:
            if len(batch) == 1:
                batch[0].failed = _told(error)
            else:
                for item in batch:
                    self._settle([item])
            return
        size, root = self._log.frontier.size, self._log.frontier.root()
        for item, value in zip(batch, values, strict=True):
            item.done = Committed(value, size, root)

    def _transact(self, batch: list[Queued[Any]]) -> list[Any]:
        connection = self._connection
        if connection is None:
            raise CannotAccount("this server is stopping; ask again shortly")
        with connection.begin():
            work = Work(connection, Pending(self._log.cipher))
            work.log.recall(connection, [once for item in batch for once in item.onces])
            values = [item.command(work) for item in batch]
            for statement, rows in work.rows.items():
                connection.execute(statement, rows)
            frontier = self._log.write(connection, work.log)
        self._log.frontier = frontier
        return values


def _told(error: Exception) -> Exception:
    """Return what the caller is told: its own error, or that nothing can be accounted for."""
    if isinstance(error, HutongError):
        return error
    if isinstance(error, SQLAlchemyError):
        _LOGGER.error("the store cannot be written: %s", type(error).__name__, exc_info=error)
        refused = CannotAccount("cannot account for this: the log cannot be written; nothing was done")
        refused.__cause__ = error
        return refused
    return error
