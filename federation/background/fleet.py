"""A loop for each peer, so that one that hangs delays no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from federation.background.backoff import LONGEST_PAUSE_S
from federation.background.loop import Loop


class Worker:
    """One of a fleet: repeats a step for one peer; the arguments are those of a `Loop`."""

    def __init__(
        self, name: str, step: Callable[[], bool], *, every_s: float, longest_s: float = LONGEST_PAUSE_S
    ) -> None:
        self._loop = Loop(name, step, every_s=every_s, longest_s=longest_s)

    def start(self) -> None:
        """Start the thread."""
        self._loop.start()

    def wake(self) -> None:
        """Run a step soon: something may be due for the peer."""
        self._loop.wake()

    def stop(self) -> None:
        """End after the step under way, without waiting for it."""
        self._loop.stop()

    def hang_up(self) -> None:
        """End the call that the step under way may be waiting in; a worker without a line of its own has none."""

    def close(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended, at most `timeout` seconds."""
        self._loop.close(timeout)


class Fleet:
    """One worker for each peer, started when it is first needed, and only while the fleet is open.

    `hang_up` ends the calls under way that the workers share. The loops get `within_s` seconds to end, or
    as long as they need.
    """

    def __init__(
        self,
        worker: Callable[[str], Worker],
        *,
        hang_up: Callable[[], None] | None = None,
        within_s: float | None = None,
    ) -> None:
        self._worker = worker
        self._hang_up = hang_up
        self._within_s = within_s
        self._workers: dict[str, Worker] = {}
        self._lock = threading.Lock()
        self._open = False

    def open(self, names: Iterable[str]) -> None:
        """Start the workers of these peers, and from now on those of others that are woken."""
        with self._lock:
            self._open = True
        self.wake(names)

    def wake(self, names: Iterable[str]) -> None:
        """Wake the workers of the peers with these names, because something is due for them.

        While the fleet is closed nobody is woken: what is due waits in the store for the next start.
        """
        with self._lock:
            for name in names if self._open else ():
                worker = self._workers.get(name)
                if worker is None:
                    worker = self._workers[name] = self._worker(name)
                    worker.start()
                worker.wake()

    def close(self) -> None:
        """End every loop after the step under way: none is asked to end later because another one hangs."""
        with self._lock:
            self._open = False
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.hang_up()
        if self._hang_up is not None:
            self._hang_up()
        for worker in workers:
            worker.close(self._within_s)
