"""How long work goes on beside questions: in pieces of a few milliseconds, with a longer rest after each.

A page of two hundred records, or a few hundred seals, is one call to whoever sends it. Done at one go it would keep
the writer, the interpreter and the machine from every question that comes meanwhile. With nobody asking it *is* done
at one go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")
#: Items of the first piece and of the smallest; seconds that a piece should take.
FIRST, LEAST, GOAL_S = 8, 2, 0.04
#: A rest is so many times as long as the work before it: the rest of the machine is for who asks. In seconds at most.
REST, LONGEST_REST_S = 3, 0.5
#: Seconds for which somebody who asked counts as asking still.
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
        """`asked_at` returns when somebody last came whose work does not give way, by `clock`."""
        self._asked_at = asked_at
        self._clock = clock
        self._rest = rest

    @property
    def pressed(self) -> bool:
        """Whether others ask: within the last second somebody came whose work does not give way."""
        return self._clock() - self._asked_at() < RECENT_S

    def pieces(self, items: Sequence[T], *, rests: bool = True) -> Iterator[Sequence[T]]:
        """Yield all of `items` in their order, in one piece or several, with a rest between two while others ask.

        Without `rests` nothing but a place for others is left between them: who sends rests, or a question waits.
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

        Where each piece costs much however small it is, a longer rest lets more come together for the next.
        """
        began = self._clock()
        yield
        self._pause(self._clock() - began, least_s)

    def _pause(self, took_s: float, least_s: float = 0.0) -> None:
        if self.pressed:
            self._rest(min(max(REST * took_s, least_s), LONGEST_REST_S))
