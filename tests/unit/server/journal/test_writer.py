"""What the writing thread promises: durable together, nobody waits for others' disk, who gives up leaves nothing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import pytest

from federation.errors import CannotAccount, NotFound
from federation.evidence.entry import EntryKind, read_body
from federation.values.clock import now, stamp
from gateway.asking.accounting import CommandBatcher
from server.journal import waiting as waiting_module
from server.journal.journal import Journal, open_journal
from server.journal.waiting import Queued
from server.journal.work import Command, Work
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(tmp_path_factory.mktemp("small"), agencies=["police"])


@pytest.fixture
def journal(tmp_path: Path, federation: SmallFederation) -> Iterator[Journal]:
    with open_journal(
        tmp_path / "store.db",
        body_key=os.urandom(32),
        charter=federation.charter(),
        signer=federation.party(GATEWAY).signer,
        now=now,
    ) as opened:
        yield opened


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads


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


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No background work gets a turn by its age, however slow this machine is."""
    monkeypatch.setattr(waiting_module, "PATIENCE_S", 3600.0)


@pytest.mark.usefixtures("patience")
def test_questions_go_before_background_work(journal: Journal, pool: ThreadPoolExecutor) -> None:
    with held(journal, pool):
        waiting = [queued(journal, pool, f"page-{n}", yields=True) for n in range(3)]
        waiting.append(queued(journal, pool, "question"))
    for each in waiting:
        each.result(timeout=60)
    assert names(journal) == ["question", "page-0", "page-1", "page-2"]


@pytest.mark.usefixtures("patience")
def test_background_work_stops_for_a_question_between_two_commands(
    journal: Journal, pool: ThreadPoolExecutor
) -> None:
    asked: list[Future[Any]] = []

    def page(work: Work) -> str:
        asked.append(queued(journal, pool, "question"))
        return entering("page-0")(work)

    with held(journal, pool):
        first = pool.submit(journal.run, page, yields=True)
        wait_for(journal.waiting, lambda seen: seen == 1, what="the page in the queue")
        second = queued(journal, pool, "page-1", yields=True)
    for each in (first, second, *asked):
        each.result(timeout=60)
    assert names(journal) == ["page-0", "question", "page-1"]


def test_background_work_gets_its_turn_among_questions_without_end(
    journal: Journal, pool: ThreadPoolExecutor
) -> None:
    stop = Event()

    def asking() -> None:
        while not stop.is_set():
            journal.run(entering("question"))

    askers = [pool.submit(asking) for _ in range(4)]
    try:
        assert pool.submit(journal.run, entering("page"), yields=True).result(timeout=60).value == "page"
    finally:
        stop.set()
    for asker in askers:
        asker.result(timeout=60)


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


def test_the_event_loop_goes_on_while_the_disk_or_another_is_waited_for(
    journal: Journal, pool: ThreadPoolExecutor
) -> None:
    accounting = CommandBatcher(journal)

    async def scene() -> None:
        with held(journal, pool):
            question = asyncio.create_task(accounting.run(entering("question")))
            while not journal.waiting():
                await asyncio.sleep(0)
            assert not question.done(), "the loop is here while the writer is elsewhere"
        assert (await question).value == "question"

    asyncio.run(scene())
    assert names(journal) == ["question"]


def test_a_question_that_is_cancelled_is_not_accounted_for_later(
    journal: Journal, pool: ThreadPoolExecutor
) -> None:
    accounting = CommandBatcher(journal)

    async def scene() -> None:
        with held(journal, pool):
            question = asyncio.create_task(accounting.run(entering("question")))
            while not journal.waiting():
                await asyncio.sleep(0)
            question.cancel()
            with pytest.raises(asyncio.CancelledError):
                await question
        await accounting.run(entering("next"))

    asyncio.run(scene())
    assert names(journal) == ["next"]


def test_a_question_that_waited_too_long_is_not_accounted_for_later(
    journal: Journal, pool: ThreadPoolExecutor
) -> None:
    accounting = CommandBatcher(journal, timeout_s=0.01)

    async def scene() -> None:
        with held(journal, pool), pytest.raises(CannotAccount, match="nothing was done"):
            await accounting.run(entering("question"))
        await CommandBatcher(journal).run(entering("next"))

    asyncio.run(scene())
    assert names(journal) == ["next"]


def test_what_one_turn_of_the_loop_wants_written_is_one_commit(journal: Journal) -> None:
    accounting = CommandBatcher(journal)

    async def scene() -> set[int]:
        done = await asyncio.gather(*(accounting.run(entering(f"r{n}")) for n in range(20)))
        return {each.log_size for each in done}

    assert asyncio.run(scene()) == {20}


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
