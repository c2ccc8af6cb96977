"""Background work: a step repeated on its own thread, with shared rules for waiting, failures and the end."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol, Self

from federation.errors import HutongError

_LOGGER = logging.getLogger(__name__)
#: The reason that a peer of an older version gives for a method it does not know.
NOT_OFFERED = "UNIMPLEMENTED"
#: Seconds: the first pause after a failure, the longest one, and the one for a peer without the method.
FIRST_PAUSE_S, LONGEST_PAUSE_S, NOT_OFFERED_PAUSE_S = 0.1, 30.0, 300.0
#: An item that is refused this many times on its own is parked.
MOST_ATTEMPTS = 6


def pause_of(attempts: int) -> float:
    """Return the seconds until an item refused `attempts` times is tried again: jittered, growing fast."""
    return FIRST_PAUSE_S * 4.0**attempts * random.uniform(0.5, 1.0)  # noqa: S311  # spreads tries, protects nothing


class Backoff:
    """Pauses after failures, and their logging: each reason is logged once until the next success.

    A `HutongError` is logged as a warning, any other error with its traceback. Pauses double, jittered, from
    `FIRST_PAUSE_S` to `longest_s`; the pause for a peer that does not offer the method is much longer.
    """

    def __init__(self, what: str, *, longest_s: float = LONGEST_PAUSE_S) -> None:
        self._what = what
        self._longest_s = longest_s
        self._failures = 0
        self._named: set[str] = set()
        self._until = 0.0

    def failed(self, error: Exception) -> float:
        """Record a failure; return the seconds until the next try."""
        self._failures += 1
        reason = error.reason if isinstance(error, HutongError) else type(error).__name__
        if reason not in self._named:
            self._named.add(reason)
            if isinstance(error, HutongError):
                _LOGGER.warning("%s: waits: %s: %s", self._what, reason, error.message)
            else:
                _LOGGER.error("%s: waits: %s", self._what, reason, exc_info=error)
        pause = min(self._longest_s, FIRST_PAUSE_S * 2.0 ** min(self._failures, 12))
        pause *= random.uniform(0.5, 1.0)  # noqa: S311  # spreads tries, protects nothing
        if reason == NOT_OFFERED:
            pause = NOT_OFFERED_PAUSE_S
        self._until = time.monotonic() + pause
        return pause

    def succeeded(self) -> None:
        """Forget earlier failures."""
        self._failures, self._until = 0, 0.0
        self._named.clear()

    def ready(self) -> bool:
        """Say whether the pause after the last failure is over."""
        return time.monotonic() >= self._until


class Loop:
    """Runs `step` until the context ends. A context manager that can be entered once.

    `step` returns True when there may be more to do; else the loop waits `every_s` seconds, or until it is woken.
    After an error the step is run again after the pause of a `Backoff`, which waking does not shorten.
    """

    def __init__(
        self, name: str, step: Callable[[], bool], *, every_s: float, longest_s: float = LONGEST_PAUSE_S
    ) -> None:
        self._step = step
        self._every_s = every_s
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


class Worker(Protocol):
    """One of a fleet: a loop for one peer."""

    def open(self) -> None:
        """Start."""

    def wake(self) -> None:
        """Take note that something is due."""

    def close(self) -> None:
        """End the loop, and wait until it has ended."""


class Fleet:
    """One worker for each peer, started when first needed. A closed fleet starts no more workers."""

    def __init__(self, worker: Callable[[str], Worker]) -> None:
        self._worker = worker
        self._workers: dict[str, Worker] = {}
        self._lock = threading.Lock()
        self._closed = False

    def wake(self, names: Iterable[str]) -> None:
        """Wake the workers of the peers with these names, because something is due for them."""
        with self._lock:
            if self._closed:
                return
            for name in names:
                worker = self._workers.get(name)
                if worker is None:
                    worker = self._workers[name] = self._worker(name)
                    worker.open()
                worker.wake()

    def close(self) -> None:
        """End every worker. Items for peers that are woken meanwhile wait in the store for the next start."""
        with self._lock:
            self._closed = True
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            worker.close()
