"""One writer thread: many callers' changes, one transaction, one wait for the disk.

Commands queue; the writer takes all that wait, runs them in one transaction with their log entries, commits,
and only then releases the callers. So an acknowledgement means durable, and the cost of the disk is shared.
A batch that fails is run again command by command, so that one bad command fails alone.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
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
_Queued = tuple[Command[Any], "Future[Committed[Any]]", Sequence[Once]]


class Writer:
    """The only writer of one database; a context manager that ends after the last queued command."""

    def __init__(self, *, engine: Engine, log: Log, most: int = 256, waiting: int = 4096) -> None:
        self._engine = engine.execution_options(hutong_begin="IMMEDIATE")
        self._log = log
        self._most = most
        self._queue: queue.Queue[_Queued | None] = queue.Queue(maxsize=waiting)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._closed = False

    def __enter__(self) -> Self:
        with self._engine.connect() as connection:
            self._log.restore(connection)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def submit(self, command: Command[T], *, onces: Sequence[Once] = ()) -> Future[Committed[T]]:
        """Queue `command`; the future is done once its effects are durable or known to have failed.

        `onces` will be asked for by the command: all that wait are looked up together.
        """
        if self._closed:
            raise CannotAccount("this server is stopping; ask again shortly")
        future: Future[Committed[T]] = Future()
        try:
            self._queue.put_nowait((command, future, onces))
        except queue.Full:
            raise Exhausted("too many changes wait for the disk; come back shortly") from None
        return future

    def run(self, command: Command[T], *, onces: Sequence[Once] = (), timeout: float = 30.0) -> Committed[T]:
        """Queue `command` and wait until it is durable; raises what it raised, or `CannotAccount`."""
        try:
            return self.submit(command, onces=onces).result(timeout)
        except TimeoutError:
            raise CannotAccount("the log could not be written in time") from None

    def _run(self) -> None:
        stopping = False
        while not stopping:
            first = self._queue.get()
            batch = [] if first is None else [first]
            stopping = first is None
            while len(batch) < self._most:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    stopping = True
                else:
                    batch.append(item)
            if batch:
                self._settle(batch)

    def _settle(self, batch: list[_Queued]) -> None:
        try:
            values = self._transact(batch)
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(_told(error))
            else:
                for item in batch:
                    self._settle([item])
            return
        size, root = self._log.frontier.size, self._log.frontier.root()
        for (_, future, _), value in zip(batch, values, strict=True):
            future.set_result(Committed(value, size, root))

    def _transact(self, batch: list[_Queued]) -> list[Any]:
        with self._engine.begin() as connection:
            work = Work(connection, Pending(self._log.cipher))
            work.log.recall(connection, [once for _, _, onces in batch for once in onces])
            values = [command(work) for command, _, _ in batch]
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
        return CannotAccount("cannot account for this: the log cannot be written; nothing was done")
    return error
