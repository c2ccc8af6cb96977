"""A run of a wrong rule is taken back within thirty days, and opens nothing that today's rules seal (A14)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from federation.errors import OutOfOrder, PermissionDenied
from federation.law.job_limits import REVERSIBLE
from federation.v1 import record_pb2, sealing_pb2
from node.sealing.ordering import SealOrders
from node.sealing.schema import sealing_run_move
from tests.support import related
from tests.support.records import Someone
from tests.support.register import NEW, OLD, RegisterUnderTest, act, run_out
from tests.support.wrong_rules import plant_opening, plant_sealing, small_register
from tests.unit.node.sealing.test_resealing import spanning


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    return small_register(tmp_path)


def reversing(register: RegisterUnderTest, run: str = "") -> sealing_pb2.RunOversight:
    return sealing_pb2.RunOversight(
        step=sealing_pb2.RUN_STEP_REVERSE, run=run or register.the_run().id, reason="规则有误"
    )


def reverse(register: RegisterUnderTest, run: str = "") -> None:
    asked = reversing(register, run)
    for officer in ("王警官", "李警官"):
        register.oversee(asked, officer)
    run_out(register.resealing())


def seal_wrongly(register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter five decisions not to prosecute, and have a wrong rule seal them."""
    for _ in range(5):
        register.enter(related.non_prosecution(Someone()))
    plant_sealing(monkeypatch)
    register.judge_anew()


def test_a14_a_wrong_run_is_taken_back_within_thirty_days(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_opening(monkeypatch)
    register.judge_anew()
    assert register.statuses() == {"OPEN": 23}
    register.at += REVERSIBLE - timedelta(hours=1)
    register.oversee(reversing(register), "王警官")
    with pytest.raises(PermissionDenied, match="second officer"):
        register.oversee(reversing(register), "王警官")
    register.oversee(reversing(register), "李警官")
    run_out(register.resealing())
    assert register.statuses() == {"SEALED": 20, "OPEN": 3}
    assert (register.the_run().restored, register.the_run().left) == (20, 0)
    run_out(register.resealing())
    assert register.statuses() == {"SEALED": 20, "OPEN": 3}, "the same wrong rule does not begin again"
    monkeypatch.undo()
    register.judge_anew()
    assert register.statuses() == {"SEALED": 20, "OPEN": 3}


def test_a14_after_thirty_days_a_run_stays(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_opening(monkeypatch)
    register.judge_anew()
    register.at += REVERSIBLE + timedelta(hours=1)
    with pytest.raises(OutOfOrder, match="could be reversed until"):
        register.oversee(reversing(register))


def test_a14_the_first_officer_who_wants_it_back_stops_a_run(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_opening(monkeypatch)
    run_out(register.resealing())
    register.approve()
    page = register.resealing(page=10)
    while register.statuses()["OPEN"] == 3:
        page.run_due()
    opened = register.statuses()["OPEN"]
    assert opened < 23
    register.oversee(reversing(register), "王警官")
    run_out(register.resealing())
    assert register.statuses()["OPEN"] == opened
    register.oversee(reversing(register), "李警官")
    run_out(register.resealing())
    assert register.statuses() == {"SEALED": 20, "OPEN": 3}


def test_a14_a_reversal_opens_nothing_that_todays_rules_seal(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong rule that sealed is first taken out of force; then its moves can be taken back, even a run later."""
    seal_wrongly(register, monkeypatch)
    assert register.statuses() == {"SEALED": 25, "OPEN": 3}
    wrong = register.the_run().id
    monkeypatch.undo()
    run_out(register.resealing())
    assert register.statuses() == {"SEALED": 25, "OPEN": 3}, "opening them again waits for two officers too"
    reverse(register, wrong)
    assert register.statuses() == {"SEALED": 20, "OPEN": 8}


def test_a14_a_run_that_is_taken_back_under_its_own_rules_leaves_sealed_what_they_seal(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_wrongly(register, monkeypatch)
    reverse(register)
    assert register.statuses() == {"SEALED": 25, "OPEN": 3}
    assert (register.the_run().restored, register.the_run().left) == (0, 5)


def test_a14_a_run_of_long_ago_is_forgotten(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_opening(monkeypatch)
    register.judge_anew()
    monkeypatch.undo()
    register.judge_anew()
    show = sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_SHOW)
    assert len(register.oversee(show).runs) == 2
    register.at += REVERSIBLE + timedelta(days=1)
    run_out(register.resealing())
    [run] = register.oversee(show).runs
    assert not run.reversible_until
    with pytest.raises(OutOfOrder, match="nothing that is left"):
        register.oversee(reversing(register))


def test_a14_what_a_run_moved_is_forgotten_a_page_at_a_time(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run may have moved millions of records: one transaction for all of them would hold up every question."""
    plant_opening(monkeypatch)
    register.judge_anew()
    register.at += REVERSIBLE + timedelta(days=1)
    assert register.resealing().run_due()
    assert len(noted(register)) == 18
    run_out(register.resealing())
    assert noted(register) == []
    assert not register.the_run().reversible_until
    monkeypatch.undo()
    register.judge_anew()
    show = sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_SHOW)
    assert len(register.oversee(show).runs) == 1, "of the first one nothing is left to take back"


def noted(register: RegisterUnderTest) -> list[bytes]:
    with register.journal.reading() as view:
        return list(view.execute(select(sealing_run_move.c.record_id)).scalars())


def test_a14_a_reversal_leaves_open_what_an_officer_has_decided_to_be_of_age(tmp_path: Path) -> None:
    register = RegisterUnderTest(tmp_path)
    record_id = register.enter(spanning(record_pb2.MAIN_ACTS_NO)).record_id
    assert register.statuses() == {"WITHHELD": 1}
    register.profile = NEW
    register.judge_anew()
    assert register.statuses() == {"OPEN": 1}
    run = register.the_run().id
    register.profile = OLD
    body = sealing_pb2.AgeDecision(
        record_id=record_id,
        expected_version=2,
        reason="核对户籍",
        instrument=record_pb2.Instrument(reference="（2026）核字第1号", issuer="某公安局"),
        approved_by="局长",
    )
    SealOrders(register=register.shared(), at_exactly_five=lambda: False).decide(body, act())
    assert register.statuses() == {"OPEN": 1}
    reverse(register, run)
    assert register.statuses() == {"OPEN": 1}
