"""Large pages give way to questions: in pieces while somebody asks, at one go while nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.errors import Replayed
from federation.evidence.entry import read_body
from node.register.entering import Registrar
from server.journal import giving_way
from server.journal.giving_way import FIRST, GOAL_S, LEAST, LONGEST_REST_S, RECENT_S, REST, GivingWay
from tests.support.records import open_record
from tests.support.register import RegisterUnderTest, act


class Time:
    """A clock set by hand; a rest moves it."""

    def __init__(self) -> None:
        self.now, self.asked_at, self.rests = 100.0, float("-inf"), list[float]()
        self.giving_way = GivingWay(lambda: self.asked_at, clock=lambda: self.now, rest=self._rest)

    def _rest(self, seconds: float) -> None:
        self.rests.append(round(seconds, 6))
        self.now += seconds


@pytest.fixture
def register(tmp_path: Path) -> Iterator[RegisterUnderTest]:
    made = RegisterUnderTest(tmp_path)
    yield made
    made.close()


def test_while_nobody_asks_everything_is_one_piece_and_there_is_no_rest() -> None:
    time = Time()
    assert [list(piece) for piece in time.giving_way.pieces(range(500))] == [list(range(500))]
    assert list(time.giving_way.pieces([])) == []
    assert time.rests == []


def test_while_somebody_asks_pieces_fit_the_goal_with_a_longer_rest_between_them() -> None:
    time = Time()
    lengths, seconds_an_item = [], 1 / 1024  # exact, so that no rounding shows
    for piece in time.giving_way.pieces(range(100)):
        time.asked_at = time.now
        lengths.append(len(piece))
        time.now += seconds_an_item * len(piece)
        time.asked_at = time.now
    assert lengths == [100], "nobody asked when it began"
    lengths.clear()
    time.rests.clear()
    for piece in time.giving_way.pieces(range(100)):
        lengths.append(len(piece))
        time.now += seconds_an_item * len(piece)
        time.asked_at = time.now
    assert lengths == [FIRST, 8, *[12] * 7, 4]
    assert int(GOAL_S / seconds_an_item) == 12
    assert time.rests == [round(REST * seconds_an_item * length, 6) for length in lengths[:-1]]


def test_a_slow_piece_does_not_make_pieces_that_are_all_overhead_nor_rests_without_end() -> None:
    time = Time()
    time.asked_at = time.now
    lengths = []
    for piece in time.giving_way.pieces(range(FIRST + 8 * LEAST)):
        lengths.append(len(piece))
        time.now += 30.0
        time.asked_at = time.now
    assert lengths == [FIRST] + [LEAST] * 8
    assert time.rests == [LONGEST_REST_S] * (len(lengths) - 1)


def test_who_waits_for_the_whole_waits_for_no_rest_after_it_nor_within_what_a_question_needs() -> None:
    time = Time()
    time.asked_at = time.now
    for _ in time.giving_way.pieces([1]):
        time.now += 1.0
        time.asked_at = time.now
    lengths = []
    for piece in time.giving_way.pieces(range(3 * FIRST), rests=False):
        lengths.append(len(piece))
        time.now += 1.0
        time.asked_at = time.now
    assert len(lengths) > 1
    assert time.rests == []


def test_a_turn_rests_at_least_as_long_as_it_is_told_while_somebody_asks() -> None:
    time = Time()
    time.asked_at = time.now
    with time.giving_way.turn(0.25):
        time.now += 0.01
    time.now += RECENT_S
    with time.giving_way.turn(0.25):
        time.now += 0.01
    assert time.rests == [0.25]


def test_r12_a_page_in_pieces_ends_in_the_same_receipts_and_its_nonce_is_used_once(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving_way, "FIRST", 2)
    monkeypatch.setattr(giving_way, "GOAL_S", 0.0)
    made = [open_record("police")[1] for _ in range(7)]
    entering, by = Registrar(register=register.shared()), act()
    register.journal.run(lambda work: None)  # somebody asks
    before = register.journal.size()
    outcomes = entering.enter(made, by)
    assert [o.receipt.repeated for o in outcomes] == [False] * 7
    entered = [read_body(e.body) for e in register.journal.entries(before, 100)]
    assert [e["record"] for e in entered] == [o.receipt.record_id for o in outcomes]
    with pytest.raises(Replayed):
        entering.enter(made, by)
    again = entering.enter(made, act())
    assert [(o.receipt.record_id, o.receipt.repeated) for o in again] == [
        (o.receipt.record_id, True) for o in outcomes
    ]


def test_background_commands_do_not_count_as_somebody_asking(register: RegisterUnderTest) -> None:
    assert not register.journal.giving_way.pressed
    register.journal.run(lambda work: None, yields=True)
    assert not register.journal.giving_way.pressed
    register.journal.run(lambda work: None)
    assert register.journal.giving_way.pressed
