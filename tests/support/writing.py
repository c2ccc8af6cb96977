"""Commands that hold, fill and queue for the writer of a journal."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from federation.evidence.entry import EntryKind, read_body
from federation.values.clock import now, stamp
from server.journal.journal import Journal
from server.journal.work import Command, Work
from tests.support.waiting import wait_for


def entering(name: str) -> Command[str]:
    """Return a command that leaves one entry called `name`."""

    def command(work: Work) -> str:
        work.log.append(EntryKind.SHOWN, at=stamp(now()), record=name)
        return name

    return command


def names(journal: Journal) -> list[str]:
    return [str(read_body(entry.body)["record"]) for entry in journal.entries(0, 1000)]


@contextmanager
def held(journal: Journal, pool: ThreadPoolExecutor, *, yields: bool = False) -> Iterator[None]:
    """Keep the writer at a command until the context ends."""
    begun, let_go = Event(), Event()

    def hold(_: Work) -> None:
        begun.set()
        assert let_go.wait(120)

    holding = pool.submit(journal.run, hold, yields=yields)
    assert begun.wait(60)
    try:
        yield
    finally:
        let_go.set()
        holding.result(timeout=60)


def queued(journal: Journal, pool: ThreadPoolExecutor, name: str, *, yields: bool = False) -> Future[Any]:
    """Have a thread wait for a command, and return when it is in the queue."""
    before = journal.waiting()
    waiting: Future[Any] = pool.submit(journal.run, entering(name), yields=yields)
    wait_for(journal.waiting, lambda seen: seen > before, what="a command in the queue")
    return waiting
