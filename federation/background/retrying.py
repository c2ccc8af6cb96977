"""Tries of a caller that waits for the outcome itself: the pauses between them, and when there is no further try."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Growing:
    """Endless pauses in seconds, each `factor` times the one before, from `first_s` to `longest_s`."""

    first_s: float
    longest_s: float
    factor: float = 2.0

    def __iter__(self) -> Iterator[float]:
        pause_s = self.first_s
        while True:
            yield pause_s
            pause_s = min(self.longest_s, pause_s * self.factor)


class Retries:
    """The further tries of one piece of work, which the caller makes itself after each pause.

    There is a further try for each of `pauses_s`, in seconds, unless `within_s` seconds since the beginning would be
    over before it. What repeats in the background has a `Loop` with a `Backoff` instead.
    """

    def __init__(self, pauses_s: Iterable[float], *, within_s: float | None = None) -> None:
        self._pauses_s = pauses_s
        self._within_s = within_s
        self.advanced()

    def advanced(self) -> None:
        """Begin anew, all pauses and the whole time: the work has got on since the last try."""
        self._left = iter(self._pauses_s)
        self._began = time.monotonic()

    def time_left_s(self) -> float | None:
        """Return the seconds left for the work, none or less when they are over; None without a limit."""
        return None if self._within_s is None else self._within_s - (time.monotonic() - self._began)

    def pause(self, least_s: float = 0.0) -> bool:
        """Wait for the next try, at least `least_s` seconds; return False at once when there is none."""
        pause_s = next(self._left, None)
        if pause_s is None:
            return False
        pause_s = max(pause_s, least_s)
        left_s = self.time_left_s()
        if left_s is not None and left_s <= pause_s:
            return False
        time.sleep(pause_s)
        return True
