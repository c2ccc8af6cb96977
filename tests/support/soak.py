"""What a soak measures: memory, descriptors and threads of this process, once all that can be freed is freed."""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import psutil


class Meter:
    """Reads this process; allocator and collector give back first what they only hold."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._libc = ctypes.CDLL(None)
        self._sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3") or None)

    def memory(self) -> int:
        """Return the bytes of resident memory beyond SQLite's bounded page caches."""
        gc.collect()
        if hasattr(self._libc, "malloc_trim"):
            self._libc.malloc_trim(0)
        return int(self._process.memory_info().rss) - self._page_caches()

    def descriptors(self) -> int:
        """Return how many descriptors are open."""
        return int(self._process.num_fds())

    def threads(self) -> int:
        """Return how many threads run."""
        return int(self._process.num_threads())

    def _page_caches(self) -> int:
        try:
            used = self._sqlite.sqlite3_memory_used
        except AttributeError:  # SQLite is not a library of its own here
            return 0
        used.restype = ctypes.c_int64
        return int(used())


@dataclass(frozen=True)
class Window:
    """So many calls: memory after the last one, and the fewest descriptors and threads after any of them."""

    calls: int
    memory: int
    descriptors: int
    threads: int


@dataclass(frozen=True)
class Growth:
    """What calls of one kind left behind, by the window in which it grew least."""

    bytes_a_call: float
    descriptors: int
    threads: int


def growth(
    call: Callable[[], object], *, warm_up: int, windows: int, calls: int, minutes: float = 0.0
) -> Growth:
    """Make `call` in windows and return by how much each exceeds the one before, for the one that does least.

    A leak raises every window: of memory at its end, and of descriptors and threads the fewest that were there after
    any call, so one that stays of as many calls as a window has is seen. Caches that fill, connections that come and
    go, and neighbours' noise raise one window or another. Each goes on for its part of `minutes`.
    """
    meter = Meter()
    for _ in range(warm_up):
        call()
    made = [_window(meter, call, calls, 60.0 * minutes / (windows + 1)) for _ in range(windows + 1)]
    steps = list(pairwise(made))
    return Growth(
        min((after.memory - before.memory) / after.calls for before, after in steps),
        min(after.descriptors - before.descriptors for before, after in steps),
        min(after.threads - before.threads for before, after in steps),
    )


def _window(meter: Meter, call: Callable[[], object], calls: int, seconds: float) -> Window:
    number, end = 0, time.monotonic() + seconds
    descriptors, threads = list[int](), list[int]()
    while number < calls or time.monotonic() < end:
        call()
        number += 1
        descriptors.append(meter.descriptors())
        threads.append(meter.threads())
    return Window(number, meter.memory(), min(descriptors), min(threads))
