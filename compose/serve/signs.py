"""Let the main thread wait for the signals sent to this process, one after the other."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


class Signs:
    """The signals collected by `received`."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing

    def wait(self) -> int:
        """Wait for the next signal and return its number."""
        return os.read(self._reading, 1)[0]

    def stop(self) -> None:
        """Have `wait` return SIGTERM, as if it had been sent; for other threads of this process."""
        with suppress(OSError):  # the pipe is full of signals, which end the waiting too
            os.write(self._writing, bytes([signal.SIGTERM]))


@contextmanager
def received(numbers: Sequence[signal.Signals]) -> Iterator[Signs]:
    """Collect these signals until the context ends; nothing else happens when one arrives.

    The numbers go through a pipe: the operating system may hand a signal to any thread, and a main thread that
    waits for a lock would then not wake.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    woken_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield Signs(reading, writing)
    finally:
        signal.set_wakeup_fd(woken_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
