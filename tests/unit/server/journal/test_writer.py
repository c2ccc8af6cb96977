"""What the writing thread promises: durable together, each failure its own, who gives up leaves nothing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, current_thread

import pytest

from federation.errors import CannotAccount, NotFound
from federation.values.clock import now
from gateway.asking.accounting import CommandBatcher
from server.journal.journal import Journal, open_journal
from server.journal.waiting import Queued
from server.journal.work import Command, Work
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.waiting import wait_for
from tests.support.writing import entering, held, names, queued


def test_what_waits_together_is_one_transaction_and_durable_when_it_returns(
    journal: Journal, pool: ThreadPoolExecutor
) -> None:
    with held(journal, pool):
        waiting = [queued(journal, pool, f"r{n}") for n in range(8)]
    done = [each.result(timeout=60) for each in waiting]
    assert {d.log_size for d in done} == {8}, "one commit, one state of the log"
    assert names(journal) == [f"r{n}" for n in range(8)]


def test_of_a_transaction_that_fails_only_the_bad_command_fails(
    journal: Journal, pool: ThreadPoolExecutor
) -> None:
    def bad(work: Work) -> None:
        entering("bad")(work)
        raise NotFound("not here")

    with held(journal, pool):
        before = queued(journal, pool, "before")
        failing = pool.submit(journal.run, bad)
        wait_for(journal.waiting, lambda seen: seen == 2, what="both commands in the queue")
        after = queued(journal, pool, "after")
    before.result(timeout=60), after.result(timeout=60)
    with pytest.raises(NotFound, match="not here"):
        failing.result(timeout=60)
    assert names(journal) == ["before", "after"]


def test_a_command_that_calls_the_writer_is_refused_at_once(journal: Journal) -> None:
    with pytest.raises(RuntimeError, match="must not wait for the writer"):
        journal.run(lambda _: journal.run(entering("inner")))
    assert names(journal) == []


def test_whoever_gave_up_is_not_committed_later(journal: Journal, pool: ThreadPoolExecutor) -> None:
    with held(journal, pool):
        with pytest.raises(CannotAccount, match="nothing was done"):
            journal._writer.run(entering("late"), timeout=0.01)
        next_one = queued(journal, pool, "next")
    next_one.result(timeout=60)
    assert names(journal) == ["next"]


def test_a_command_under_way_is_not_withdrawn_and_has_its_outcome(
    journal: Journal, pool: ThreadPoolExecutor
) -> None:
    begun, let_go, settled = Event(), Event(), Event()

    def slow(work: Work) -> str:
        begun.set()
        assert let_go.wait(120)
        return entering("slow")(work)

    item: Queued[str] = Queued(slow, (), lambda _: settled.set())
    journal.submit([item])
    assert begun.wait(60)
    assert not journal.withdraw(item)
    let_go.set()
    assert settled.wait(60)
    assert item.outcome().value == "slow"
    assert names(journal) == ["slow"]


def test_a_caller_who_finds_nobody_writing_writes_on_its_own_thread(journal: Journal) -> None:
    def where(_: Work) -> str:
        return current_thread().name

    assert journal.run(where).value == current_thread().name
    accounting = CommandBatcher(journal)
    assert asyncio.run(_once(accounting, where)) == "writer", "a loop never does"


async def _once(accounting: CommandBatcher, command: Command[str]) -> str:
    return (await accounting.run(command)).value


def test_a_store_that_another_process_locks_fails_who_waits_once(
    journal: Journal, pool: ThreadPoolExecutor, tmp_path: Path
) -> None:
    """Each alone would wait for the lock again: ten seconds a command, and everybody behind them."""
    ran: list[int] = []
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None, check_same_thread=False)

    def impatient(work: Work) -> None:
        work.view.exec_driver_sql("PRAGMA busy_timeout=50").close()

    journal.run(impatient)
    other.execute("BEGIN IMMEDIATE")
    try:
        waiting = [pool.submit(journal.run, lambda _, n=n: ran.append(n)) for n in range(3)]
        for each in waiting:
            with pytest.raises(CannotAccount, match="the log cannot be written"):
                each.result(timeout=60)
        assert ran == []
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert journal.run(entering("after")).value == "after"


def test_a_stopped_writer_leaves_nobody_waiting(tmp_path: Path, federation: SmallFederation) -> None:
    with open_journal(
        tmp_path / "store.db",
        body_key=os.urandom(32),
        charter=federation.charter(),
        signer=federation.party(GATEWAY).signer,
        now=now,
    ) as journal:
        journal.run(entering("kept"))
    with pytest.raises(CannotAccount, match="stopping"):
        journal.run(entering("lost"))
    results: list[Queued[str]] = []
    with pytest.raises(CannotAccount):
        journal.submit([Queued(entering("lost"), (), results.extend)])
    assert results == []
