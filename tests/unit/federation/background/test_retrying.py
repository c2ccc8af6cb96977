"""A caller that tries again itself pauses in one way, and learns when there is no further try."""

from __future__ import annotations

from itertools import islice, repeat

from federation.background.retrying import Growing, Retries


def test_there_is_a_further_try_for_each_pause() -> None:
    retries = Retries((0.0, 0.0))
    assert [retries.pause() for _ in range(4)] == [True, True, False, False]


def test_work_that_has_got_on_has_all_its_tries_again() -> None:
    retries = Retries((0.0,), within_s=3600.0)
    assert retries.pause()
    assert not retries.pause()
    retries.advanced()
    assert retries.pause()


def test_no_try_begins_after_the_limit() -> None:
    retries = Retries(repeat(7200.0), within_s=3600.0)
    left_s = retries.time_left_s()
    assert left_s is not None
    assert 0.0 < left_s <= 3600.0
    assert not retries.pause()


def test_a_server_that_asks_for_a_longer_pause_gets_it() -> None:
    assert Retries((0.0,), within_s=3600.0).pause(0.001)
    assert not Retries((0.0,), within_s=3600.0).pause(7200.0)


def test_without_a_limit_there_is_no_time_left_to_state() -> None:
    assert Retries(()).time_left_s() is None


def test_pauses_grow_to_the_longest_and_begin_anew() -> None:
    pauses = Growing(1.0, 5.0)
    assert list(islice(pauses, 5)) == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert next(iter(pauses)) == 1.0
