"""Who writes first: questions before background work, and the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from federation.errors import CannotAccount
from gateway.asking.accounting import CommandBatcher
from server.journal import waiting as waiting_module
from server.journal.journal import Journal
from server.journal.work import Committed, Work
from tests.support.waiting import wait_for
from tests.support.writing import entering, held, names, queued


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


async def waiting_question(accounting: CommandBatcher, journal: Journal) -> asyncio.Task[Committed[str]]:
    """Return a question whose entry waits for the writer."""
    question = asyncio.create_task(accounting.run(entering("question")))
    while not journal.waiting():
        await asyncio.sleep(0)
    return question


def test_the_event_loop_goes_on_while_the_disk_or_another_is_waited_for(
    journal: Journal, pool: ThreadPoolExecutor
) -> None:
    accounting = CommandBatcher(journal)

    async def scene() -> None:
        with held(journal, pool):
            question = await waiting_question(accounting, journal)
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
            question = await waiting_question(accounting, journal)
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
