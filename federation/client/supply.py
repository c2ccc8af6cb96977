"""The items of one long transfer, each kept until it is answered, so that a further stream goes on where one ended."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Supply(Generic[T]):
    """Gives `items` to one stream after the other; each stream begins with what the one before left unanswered.

    The threads of two streams may overlap while the earlier one ends: `items` is read by one at a time, and the
    earlier one gets nothing any more.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()
        self._unanswered: deque[T] = deque()
        self._answered = 0
        self._streams = 0
        self._exhausted = False

    @property
    def done(self) -> bool:
        """Whether every item has been read and answered."""
        with self._lock:
            return self._exhausted and not self._unanswered

    def stream(self) -> Iterator[T]:
        """Return the unanswered items, then those not read yet; the iterators returned earlier end."""
        with self._lock:
            self._streams += 1
            return self._give(self._streams, self._answered)

    def _give(self, stream: int, place: int) -> Iterator[T]:
        while True:
            with self._lock:
                at = place - self._answered
                if stream != self._streams or (self._exhausted and at >= len(self._unanswered)):
                    return
                if at >= len(self._unanswered):
                    try:
                        self._unanswered.append(next(self._items))
                    except StopIteration:
                        self._exhausted = True
                        return
                item = self._unanswered[at]
            place += 1
            yield item

    def answered(self, number: int) -> None:
        """Note that the oldest `number` items are answered."""
        with self._lock:
            for _ in range(number):
                self._unanswered.popleft()
            self._answered += number
