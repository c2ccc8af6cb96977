"""The writing thread by itself: one commit alone, many on an event loop, and the loop while large pages are written."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.report import Figure, Measured
from federation.charter.model import Charter
from federation.evidence.entry import EntryKind
from federation.values.clock import now, stamp
from federation.values.identity import Installation
from federation.values.keys import Signer
from gateway.asking.accounting import CommandBatcher
from server.journal.journal import Journal, open_journal
from server.journal.work import Work

CALLERS, PAGE, TICK_S = 64, 500, 0.005


def measure(*, quick: bool) -> Measured:
    """Write entries of the size of a question's into a store on the disk."""
    number = 300 if quick else 2000
    with _journal() as journal:
        alone = [_took(lambda: journal.run(_entry)) for _ in range(number)]
        together = asyncio.run(_together(journal, number * 5))
        waits, stops = asyncio.run(_while_pages_run(journal, number))
    return Measured(
        "write",
        [
            Figure("one commit alone, median", median(alone), "ms"),
            Figure(f"commits from {CALLERS} tasks of one loop", together, "/s"),
            Figure(
                f"commit beside pages of {PAGE} entries, median",
                median(waits),
                "ms",
                note=f"p99 {quantiles(waits, n=100)[98]:.1f} ms",
            ),
            Figure(
                "the loop stands still meanwhile, p99",
                quantiles(stops, n=100)[98],
                "ms",
                note=f"longest {max(stops):.1f} ms, beyond its {TICK_S * 1000:.0f} ms of sleep",
            ),
        ],
    )


def _entry(work: Work) -> None:
    work.log.append(EntryKind.REQUEST, at=stamp(now()), request=os.urandom(32).hex(), officer="李警官")


def _page(work: Work) -> None:
    for _ in range(PAGE):
        _entry(work)


def _took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


async def _together(journal: Journal, number: int) -> float:
    accounting = CommandBatcher(journal)

    async def caller() -> None:
        for _ in range(number // CALLERS):
            await accounting.run(_entry)

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return number / (time.perf_counter() - started)


async def _while_pages_run(journal: Journal, number: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each commit, and by how much the loop was late, while a thread writes pages."""
    accounting, over = CommandBatcher(journal), threading.Event()
    waits, stops = list[float](), list[float]()

    def pages() -> None:
        while not over.is_set():
            journal.run(_page, yields=True)

    async def ticking() -> None:
        while not over.is_set():
            started = time.perf_counter()
            await asyncio.sleep(TICK_S)
            stops.append((time.perf_counter() - started - TICK_S) * 1000)

    writing, ticks = threading.Thread(target=pages), asyncio.create_task(ticking())
    writing.start()
    for _ in range(number):
        started = time.perf_counter()
        await accounting.run(_entry)
        waits.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(TICK_S)
    over.set()
    await ticks
    await asyncio.to_thread(writing.join)
    return waits, stops


@contextmanager
def _journal() -> Iterator[Journal]:
    signer = Signer(Installation.parse("interconnect/gateway/bench"), Ed25519PrivateKey.generate())
    charter = Charter("bench", 1, "00" * 32, {}, {}, {}, (), (), {}, {}, ())
    with (
        tempfile.TemporaryDirectory(prefix="hutong-bench-") as folder,
        open_journal(
            Path(folder) / "store.db", body_key=bytes(32), charter=charter, signer=signer, now=now
        ) as journal,
    ):
        yield journal
