"""Commands that wait for the writing thread: in two ranks, limited in number, and withdrawn when a caller gives up.

A command that `yields` is background work, or a large page: every other command goes before it, but every
`PATIENCE_S` seconds one yielding command gets its turn, whatever else waits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from federation.errors import CannotAccount, Exhausted, HutongError
from server.journal.log import Once
from server.journal.work import Command, Committed

T = TypeVar("T")
_LOGGER = logging.getLogger(__name__)
#: Seconds after which the oldest command that yields gets its turn, though others wait.
PATIENCE_S = 0.1


class _State(Enum):
    WAITING = auto()
    UNDER_WAY = auto()
    WITHDRAWN = auto()


@dataclass(slots=True, eq=False)
class Queued(Generic[T]):
    """A command that waits, and its outcome."""

    command: Command[T]
    onces: Sequence[Once]
    #: Called on the writing thread with all its commands of one transaction that have an outcome; must not block.
    notify: Notify
    yields: bool = False
    done: Committed[T] | None = None
    failed: Exception | None = None
    state: _State = _State.WAITING
    since: float = 0.0

    def outcome(self) -> Committed[T]:
        """Return the committed result; raises the command's own error, or `CannotAccount`."""
        if self.done is None:
            raise self.failed or CannotAccount("the log could not be written in time; nothing was done")
        return self.done


Batch: TypeAlias = "deque[Queued[Any]]"
Notify: TypeAlias = "Callable[[Sequence[Queued[Any]]], object]"


class WriterQueue:
    """The queue of one writing thread."""

    def __init__(self, most: int) -> None:
        """Take at most `most` waiting commands."""
        self._most = most
        self._ahead: deque[Queued[Any]] = deque()
        self._behind: deque[Queued[Any]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        #: When a command that yields was taken last (monotonic seconds).
        self._last = 0.0

    def __len__(self) -> int:
        return len(self._ahead) + len(self._behind)

    def put(self, items: Sequence[Queued[Any]]) -> None:
        """Add commands; raises `Exhausted` when too many wait, `CannotAccount` once closed."""
        with self._changed:
            if self._closed:
                raise CannotAccount("this server is stopping; ask again shortly")
            if len(self) >= self._most:
                raise Exhausted("too many changes wait for the disk; come back shortly")
            now = time.monotonic()
            for item in items:
                item.since = now
                (self._behind if item.yields else self._ahead).append(item)
            self._changed.notify()

    def withdraw(self, item: Queued[Any]) -> bool:
        """Withdraw a command: it will never run. False when it is under way, or has run already."""
        with self._changed:
            if item.state is _State.WAITING:
                item.state = _State.WITHDRAWN
            return item.state is _State.WITHDRAWN

    def begin(self, item: Queued[Any]) -> bool:
        """Mark a command as running; False when it was withdrawn."""
        with self._changed:
            if item.state is not _State.WITHDRAWN:
                item.state = _State.UNDER_WAY
            return item.state is _State.UNDER_WAY

    def put_back(self, items: Batch) -> None:
        """Put the commands that were taken but not run back to the head of their rank."""
        if not items:
            return
        with self._changed:
            for item in reversed(items):
                (self._behind if item.yields else self._ahead).appendleft(item)

    def release(self, items: Sequence[Queued[Any]]) -> None:
        """Mark commands as waiting again, because they had no effect; they may be withdrawn."""
        with self._changed:
            for item in items:
                item.state = _State.WAITING

    def others(self) -> bool:
        """Say whether commands wait that do not yield."""
        return bool(self._ahead)

    def wait(self) -> bool:
        """Wait until there are commands; False once the queue is closed and there are none."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self))
            return bool(len(self))

    def take(self, most: int) -> Batch:
        """Take up to `most` commands of one rank."""
        with self._changed:
            now = time.monotonic()
            patient = not self._behind or now - max(self._behind[0].since, self._last) < PATIENCE_S
            if self._ahead and patient:
                return deque(self._ahead.popleft() for _ in range(min(len(self._ahead), most)))
            self._last = now
            number = 1 if self._ahead else min(len(self._behind), most)
            return deque(self._behind.popleft() for _ in range(number))

    def close(self) -> None:
        """Accept no more commands; those that wait are still run."""
        with self._changed:
            self._closed = True
            self._changed.notify()


def fail_all(items: Iterable[Queued[Any]], error: Exception) -> None:
    """Let every command fail, with its own error or with `CannotAccount`, and notify the callers."""
    failed = _for_caller(error)
    for item in items:
        item.failed = failed
    notify_all(items)


def notify_all(items: Iterable[Queued[Any]]) -> None:
    """Notify every waiting caller, once for all of its commands."""
    waits: dict[Notify, list[Queued[Any]]] = {}
    for item in items:
        waits.setdefault(item.notify, []).append(item)
    for notify, its in waits.items():
        try:
            notify(its)
        except Exception:  # the shared writing thread must survive any caller's mistake
            _LOGGER.exception("who waited for the log cannot be notified")


def _for_caller(error: Exception) -> Exception:
    """Return the error for the caller: the command's own, or `CannotAccount`."""
    if isinstance(error, HutongError):
        return error
    if isinstance(error, SQLAlchemyError):
        _LOGGER.error("the store cannot be written: %s", type(error).__name__, exc_info=error)
        refused = CannotAccount("cannot account for this: the log cannot be written; nothing was done")
        refused.__cause__ = error
        return refused
    return error
