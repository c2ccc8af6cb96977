"""A loop ends when its context ends, whatever its step does meanwhile."""

from __future__ import annotations

import threading
import time

import pytest

from federation.background.loop import Loop
from federation.errors import Unavailable
from tests.support.waiting import PATIENCE_S


def running(name: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == name]


def test_a_loop_that_was_closed_before_it_started_never_runs() -> None:
    steps: list[int] = []

    def step() -> bool:
        steps.append(1)
        return False

    loop = Loop("never", step, every_s=0.01)
    loop.close()
    with loop:
        pass
    assert (steps, running("never")) == ([], [])


def test_a_step_that_fails_is_run_again(caplog: pytest.LogCaptureFixture) -> None:
    outcomes: list[object] = [ValueError("first"), Unavailable("second"), False]
    done = threading.Event()

    def step() -> bool:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        done.set()
        return False

    with Loop("stumbling", step, every_s=3600.0):
        assert done.wait(60)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_a_step_that_rests_is_not_woken_and_ends_with_its_loop() -> None:
    rests, steps = threading.Event(), list[str]()

    def step() -> bool:
        steps.append("begun")
        rests.set()
        loop.rest(PATIENCE_S)
        steps.append("rested")
        return False

    loop = Loop("resting", step, every_s=PATIENCE_S)
    began = time.monotonic()
    with loop:
        assert rests.wait(PATIENCE_S)
        loop.wake()
        assert steps == ["begun"]
    assert steps == ["begun", "rested"]
    assert time.monotonic() - began < PATIENCE_S


def test_a_loop_that_waits_first_steps_when_it_is_woken() -> None:
    stepped = threading.Event()

    def step() -> bool:
        stepped.set()
        return False

    with Loop("patient", step, every_s=PATIENCE_S, waits_first=True) as loop:
        assert not stepped.is_set()
        loop.wake()
        assert stepped.wait(PATIENCE_S)


def test_a_loop_that_waits_first_may_end_without_a_step() -> None:
    with Loop("unneeded", lambda: pytest.fail("nobody woke it"), every_s=PATIENCE_S, waits_first=True):
        pass
    assert running("unneeded") == []
