"""A fleet has a worker for each peer while it is open, and ends them all together."""

from __future__ import annotations

import threading

from federation.background.fleet import Fleet, Worker
from tests.support.waiting import PATIENCE_S


class Waiting(Worker):
    """Waits in its step, as for the answer of a peer, until somebody hangs up."""

    def __init__(self, name: str, done: list[str]) -> None:
        super().__init__(name, self._step, every_s=PATIENCE_S)
        self.name, self.done = name, done
        self.stepping, self._hung_up = threading.Event(), threading.Event()

    def stop(self) -> None:
        self.done.append(f"stop {self.name}")
        super().stop()

    def hang_up(self) -> None:
        self.done.append(f"hang up {self.name}")
        self._hung_up.set()

    def _step(self) -> bool:
        self.stepping.set()
        assert self._hung_up.wait(PATIENCE_S)
        return False


def test_all_workers_are_asked_to_end_before_any_is_cut_off() -> None:
    """Else one that is cut off wakes another, or warns of a fault that is none."""
    done: list[str] = []
    workers = {name: Waiting(name, done) for name in ("a", "b")}
    fleet = Fleet(lambda name: workers[name], hang_up=lambda: done.append("hang up all"))
    fleet.open(workers)
    for worker in workers.values():
        assert worker.stepping.wait(PATIENCE_S)
    fleet.close()
    assert done == ["stop a", "stop b", "hang up a", "hang up b", "hang up all"]
    assert not {"a", "b"} & {thread.name for thread in threading.enumerate()}


def test_a_fleet_starts_nobody_before_it_opens_or_after_it_closes() -> None:
    made: list[str] = []

    def worker(name: str) -> Worker:
        made.append(name)
        return Worker(name, lambda: False, every_s=PATIENCE_S)

    fleet = Fleet(worker)
    fleet.wake(["early"])
    fleet.open(["first"])
    fleet.wake(["first", "second"])
    fleet.close()
    fleet.wake(["late"])
    assert made == ["first", "second"]
