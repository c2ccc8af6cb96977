"""Pacing of a stream of signed pages to the speed of the server that receives them.

A signature is good for two minutes (`federation.charter.envelope`). Pages signed as fast as a connection takes them
would expire in its buffers when the server is slow. So only few pages are signed and unanswered at any time, and
after a page that takes long the next ones are smaller.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from federation.transport.limits import pages

T = TypeVar("T")
#: Pages that are signed and not yet answered: when the server answers one, it already has the next.
MOST_UNDER_WAY: Final = 2
#: Seconds that a page should take at most; with two pages under way that is far below two minutes.
GOAL_S: Final = 10.0


class Pace:
    """Cuts the pages of one stream; the thread that sends takes them, the one that receives notes the answers."""

    def __init__(
        self, most: int, *, first: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Cut pages of at most `most` items; begin with `first` where an earlier stream has shown what fits."""
        self._most, self._largest = first or most, most
        self._clock = clock
        self._changed = threading.Condition()
        self._under_way: deque[int] = deque()
        self._since = clock()
        self._ended = False

    @property
    def most(self) -> int:
        """Items of the next page at most."""
        return self._most

    def pages(self, items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
        """Yield pages of `items`, each when the server is ready for it; fewer than all once `end` was called."""
        for page in pages(items, size, most=lambda: self._most):
            with self._changed:
                self._changed.wait_for(lambda: self._ended or len(self._under_way) < MOST_UNDER_WAY)
                if self._ended:
                    return
                if not self._under_way:
                    self._since = self._clock()
                self._under_way.append(len(page))
            yield page

    def answered(self) -> int:
        """Note that the oldest page under way is answered; return its number of items, or 0 if no page is under way."""
        with self._changed:
            if not self._under_way:
                return 0
            number, now = self._under_way.popleft(), self._clock()
            an_item, self._since = (now - self._since) / number, now
            fit = int(GOAL_S / an_item) if an_item > 0 else self._largest
            self._most = max(1, min(self._largest, fit, 2 * self._most))
            self._changed.notify()
            return number

    def end(self) -> None:
        """Yield no further page, because the call has ended."""
        with self._changed:
            self._ended = True
            self._changed.notify()
