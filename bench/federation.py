"""A real local federation to measure: processes of its own, mutual TLS, stores on disk."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from compose.local import local
from compose.local.layout import Layout


@dataclass(frozen=True)
class Federation:
    """A federation that runs."""

    layout: Layout
    pids: dict[str, int]

    @property
    def description(self) -> Path:
        """The file that clients open."""
        return self.layout.description

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds that each server has used so far."""
        return {name: cpu_of(pid) for name, pid in self.pids.items()}

    def memory(self, name: str) -> float:
        """Return a server's resident memory in MB (10**6 bytes)."""
        return float(psutil.Process(self.pids[name]).memory_info().rss) / 1e6

    def settle(self) -> None:
        """Wait until the servers have nothing left to do: until seals have spread to every holder, for one.

        Raises `TimeoutError` when they find no rest in ten minutes.
        """
        give_up_at, before, quiet = time.monotonic() + 600, sum(self.cpu().values()), 0
        while quiet < 3:
            time.sleep(1.0)
            after = sum(self.cpu().values())
            quiet, before = quiet + 1 if after - before < 0.15 else 0, after
            if time.monotonic() > give_up_at:
                raise TimeoutError("the servers find no rest")


@contextmanager
def running(*names: str) -> Iterator[Federation]:
    """Found a federation in a temporary folder and start it, or only the servers called `names`."""
    with tempfile.TemporaryDirectory(prefix="hutong-bench-") as folder:
        home = Path(folder)
        try:
            local.up(home, names)
            yield Federation(Layout(home.resolve()), running_pids(home))
        finally:
            local.down(home)


def running_pids(home: Path) -> dict[str, int]:
    """Return the process ids of the servers that run, by name."""
    description = json.loads(Layout(home.resolve()).description.read_text("utf-8"))
    servers = {description["gateway"]["name"]: description["gateway"], **description["nodes"]}
    return {name: server["pid"] for name, server in servers.items() if server["pid"]}


def cpu_of(pid: int | None = None) -> float:
    """Return the CPU seconds, of user and system, that a process has used; of this one for None."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@dataclass
class Spent:
    """CPU seconds per process during a measurement, how long that took, and how busy others kept the machine.

    `others`: the share of all cores that went to processes not measured here, 0 to 1.
    """

    cpu: dict[str, float]
    seconds: float = 0.0
    others: float = 0.0

    def remarks(self) -> list[str]:
        """Return a warning when the machine was not left alone."""
        if self.others < 0.1:
            return []
        return [
            f"other processes took {self.others:.0%} of the machine meanwhile: read the figures as a floor"
        ]


@contextmanager
def measuring(federation: Federation) -> Iterator[Spent]:
    """Fill in what a block costs, this process included as "client"."""
    before, own, busy, started = federation.cpu(), _own(), _busy(), time.perf_counter()
    spent = Spent({})
    yield spent
    spent.seconds = time.perf_counter() - started
    after = federation.cpu()
    spent.cpu.update({name: round(after[name] - before[name], 2) for name in before})
    spent.cpu["client"] = round(_own() - own, 2)
    cores = os.cpu_count() or 1
    spent.others = max(0.0, _busy() - busy - sum(spent.cpu.values())) / (cores * spent.seconds)


def _own() -> float:
    """Return the CPU seconds of this process and of its ended children."""
    return sum(os.times()[:4])


def _busy() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
