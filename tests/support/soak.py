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


@dataclass(frozen=True)
class Reading:
    """Bytes of resident memory beyond SQLite's bounded page caches, open descriptors, threads."""

    memory: int
    descriptors: int
    threads: int


class Meter:
    """Reads this process; allocator and collector give back first what they only hold."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._libc = ctypes.CDLL(None)
        self._sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3") or None)

    def read(self) -> Reading:
        """Return what is in use now."""
        gc.collect()
        if hasattr(self._libc, "malloc_trim"):
            self._libc.malloc_trim(0)
        memory = self._process.memory_info().rss - self._page_caches()
        return Reading(memory, self._process.num_fds(), self._process.num_threads())

    def _page_caches(self) -> int:
        try:
            used = self._sqlite.sqlite3_memory_used
        except AttributeError:  # SQLite is not a library of its own here
            return 0
        used.restype = ctypes.c_int64
        return int(used())


@dataclass(frozen=True)
class Growth:
    """What each call of one kind left behind, by the window in which it left least."""

    bytes_a_call: float
    descriptors: int
    threads: int


def growth(
    call: Callable[[], object], *, warm_up: int, windows: int, calls: int, minutes: float = 0.0
) -> Growth:
    """Make `call` in windows and return what stays in every one of them.

    A leak shows in each window; caches that fill, arenas that grow and neighbours' noise do not. Each window goes
    on for its part of `minutes`.
    """
    meter = Meter()
    for _ in range(warm_up):
        call()
    readings, made = [meter.read()], list[int]()
    for _ in range(windows):
        number, end = 0, time.monotonic() + 60.0 * minutes / windows
        while number < calls or time.monotonic() < end:
            call()
            number += 1
        readings.append(meter.read())
        made.append(number)
    steps = list(pairwise(readings))
    return Growth(
        min(
            (after.memory - before.memory) / number
            for (before, after), number in zip(steps, made, strict=True)
        ),
        min(after.descriptors - before.descriptors for before, after in steps),
        min(after.threads - before.threads for before, after in steps),
    )
