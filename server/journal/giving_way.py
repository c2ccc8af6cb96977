"""Long work gives way to questions: it is done in pieces of a few milliseconds, with a longer rest after each.

A page of two hundred records, or a few hundred seals, is one call for its sender. Done in one go, it would block
the writer, the interpreter and the machine for every question that arrives meanwhile. While nobody asks, it *is* done
in one go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")
#: Items of the first piece and of the smallest; seconds that a piece should take.
FIRST, LEAST, GOAL_S = 4, 1, 0.012
#: A rest is this many times as long as the work before it, which leaves the machine to questions; at most, in seconds.
REST, LONGEST_REST_S = 4, 0.5
#: Seconds after a question during which others still count as asking.
RECENT_S: Final = 1.0


class GivingWay:
    """Cuts work into pieces while others ask; used from any thread."""

    def __init__(
        self,
        asked_at: Callable[[], float],
        *,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take `asked_at`, which returns the time, by `clock`, of the last call that does not give way."""
        self._asked_at = asked_at
        self._clock = clock
        self._rest = rest

    @property
    def pressed(self) -> bool:
        """Whether others ask: a call that does not give way has come within the last second."""
        return self._clock() - self._asked_at() < RECENT_S

    def pieces(self, items: Sequence[T], *, rests: bool = True) -> Iterator[Sequence[T]]:
        """Yield all of `items` in their order, in one piece or several, with a rest between two while others ask.

        Without `rests` others only get a chance between two pieces: the sender rests itself, or a question waits.
        """
        start, size = 0, FIRST
        while start < len(items):
            piece = items[start : start + size] if self.pressed else items[start:]
            began = self._clock()
            yield piece
            took = self._clock() - began
            start += len(piece)
            if rests and start < len(items):
                self._pause(took)
            size = max(LEAST, min(2 * size, int(len(piece) * GOAL_S / max(took, 1e-6))))

    @contextmanager
    def turn(self, least_s: float = 0.0) -> Iterator[None]:
        """Do one piece of work, then rest while others ask, `least_s` seconds at least.

        If even a small piece is expensive, a longer rest lets more items collect for the next piece.
        """
        began = self._clock()
        yield
        self._pause(self._clock() - began, least_s)

    def _pause(self, took_s: float, least_s: float = 0.0) -> None:
        if self.pressed:
            self._rest(min(max(REST * took_s, least_s), LONGEST_REST_S))
