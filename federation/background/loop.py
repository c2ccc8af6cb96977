"""A step repeated on a thread of its own, with rules for waiting, failures and the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from federation.background.backoff import LONGEST_PAUSE_S, Backoff


class Loop:
    """Runs `step` until the context ends. A context manager that can be entered once.

    `step` returns True when there may be more to do; else the loop waits `every_s` seconds, or until it is woken.
    After an error the step is run again after the pause of a `Backoff`, which waking does not shorten. With
    `waits_first` such a wait comes before the first step as well.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        *,
        every_s: float,
        longest_s: float = LONGEST_PAUSE_S,
        waits_first: bool = False,
    ) -> None:
        self._step = step
        self._every_s = every_s
        self._waits_first = waits_first
        self._backoff = Backoff(name, longest_s=longest_s)
        self._changed = threading.Condition()
        self._woken = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def closing(self) -> bool:
        """Whether the loop is ending: a long step checks this and returns early."""
        return self._closed

    def start(self) -> None:
        """Start the thread; a loop that was closed before stays closed."""
        with self._changed:
            if not self._closed:
                self._thread.start()

    def rest(self, seconds: float) -> None:
        """Wait inside a step, which leaves time for others; only the end of the loop shortens it."""
        self._pause(seconds, wakes=False)

    def wake(self) -> None:
        """Run a step soon, without the rest of the pause between steps."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def stop(self) -> None:
        """End after the step under way, without waiting for it."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def close(self, timeout: float | None = None) -> None:
        """End after the step under way, and wait for it at most `timeout` seconds."""
        self.stop()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        if self._waits_first:
            self._pause(self._every_s, wakes=True)
        while not self._closed:
            self._woken = False
            try:
                more = self._step()
            except Exception as error:
                if self._closed:
                    return
                self._pause(self._backoff.failed(error), wakes=False)
            else:
                self._backoff.succeeded()
                if not more:
                    self._pause(self._every_s, wakes=True)

    def _pause(self, seconds: float, *, wakes: bool) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (wakes and self._woken), timeout=seconds)
