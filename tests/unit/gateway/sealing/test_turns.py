"""Workers that deliver seals take turns while questions are asked, and wait for no worker that hangs."""

from __future__ import annotations

import threading

from gateway.sealing.turns import Turns
from tests.support.waiting import wait_for


def test_while_questions_are_asked_one_works_at_a_time() -> None:
    turns, first, go, order = Turns(longest_s=60), threading.Event(), threading.Event(), []

    def one() -> None:
        with turns.turn(asked=True):
            first.set()
            go.wait(60)
            order.append("one")

    def two() -> None:
        with turns.turn(asked=True):
            order.append("two")

    threads = [threading.Thread(target=one)]
    threads[0].start()
    assert first.wait(60)
    threads.append(threading.Thread(target=two))
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(60)
    assert order == ["one", "two"]


def test_without_questions_nobody_waits() -> None:
    turns = Turns(longest_s=60)
    with turns.turn(asked=True), turns.turn(asked=False):
        pass


def test_a_worker_that_hangs_delays_the_others_by_a_stated_time_only() -> None:
    turns, ended = Turns(longest_s=0.01), threading.Event()

    def other() -> None:
        with turns.turn(asked=True):
            ended.set()

    with turns.turn(asked=True):
        thread = threading.Thread(target=other)
        thread.start()
        wait_for(ended.is_set, what="the other to go ahead")
    thread.join(60)
    with turns.turn(asked=True):
        pass  # whoever went ahead without a turn released none
