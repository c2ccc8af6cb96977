"""The order in which questions began, nodes acknowledged and proposals arrived, since this start.

A node may have looked a question up just before it took a seal, and its page may arrive just after it has
acknowledged. So a mark counts until every question that began before the acknowledgement has ended, except for a
page that was requested after it. After a restart no question is under way, and nothing needs to be remembered.

Every moment here is a number from one counter, kept in memory under one lock; used from any thread.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

_Key = TypeVar("_Key")
_RECENT_S = 1.0


class UnderWay:
    """The questions under way at this gateway, and the acknowledgements and proposals that they must not overlook."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._asked_at = float("-inf")
        # Each in the order of its numbers, so that the oldest is the first.
        self._questions: OrderedDict[int, None] = OrderedDict()
        self._acknowledged: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._taken: OrderedDict[str, int] = OrderedDict()

    @contextmanager
    def question(self) -> Iterator[int]:
        """Register a question while the context lasts, and yield the moment at which it began."""
        with self._lock:
            began = self._next()
            self._questions[began] = None
            self._asked_at = time.monotonic()
        try:
            yield began
        finally:
            with self._lock:
                del self._questions[began]
                self._forget()

    @property
    def recent(self) -> bool:
        """Whether a question is under way or began within the last second; background work then rests between steps."""
        return bool(self._questions) or time.monotonic() - self._asked_at < _RECENT_S

    def moment(self) -> int:
        """Return the present moment, later than every moment returned before."""
        with self._lock:
            return self._next()

    def acknowledged(self, node: str, keys: Iterable[str]) -> None:
        """Remember that `node` has acknowledged proposals; to be called before that is committed."""
        with self._lock:
            now = self._next()
            for key in keys:
                self._acknowledged[node, key] = now
                self._acknowledged.move_to_end((node, key))
            self._forget()

    def taken(self, keys: Iterable[str]) -> None:
        """Remember that proposals arrived that are new to this gateway; to be called before the commit."""
        with self._lock:
            now = self._next()
            for key in keys:
                self._taken.setdefault(key, now)
            self._forget()

    def acknowledged_since(self, node: str, key: str, moment: int) -> bool:
        """Say whether `node` acknowledged that proposal after `moment`, which must be one of a question under way."""
        return self._acknowledged.get((node, key), 0) > moment

    def taken_since(self, key: str, moment: int) -> bool:
        """Say whether that proposal first arrived after `moment`, which must be one of a question under way."""
        return self._taken.get(key, 0) > moment

    def remembered(self) -> frozenset[str]:
        """Return the proposals of which an acknowledgement is remembered, by key."""
        with self._lock:
            return frozenset(key for _, key in self._acknowledged)

    def _next(self) -> int:
        self._last += 1
        return self._last

    def _forget(self) -> None:
        """Forget acknowledgements and proposals from before the oldest question under way."""
        oldest = next(iter(self._questions), self._last + 1)
        _drop_before(self._acknowledged, oldest)
        _drop_before(self._taken, oldest)


def _drop_before(memory: OrderedDict[_Key, int], oldest: int) -> None:
    while memory and next(iter(memory.values())) < oldest:
        memory.popitem(last=False)
