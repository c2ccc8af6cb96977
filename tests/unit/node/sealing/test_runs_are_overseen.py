"""A wrong rule moves no register: what a run may not do before two people approve it (A14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from federation.errors import InvalidRequest, NotFound, OutOfOrder, PermissionDenied
from federation.law.job_limits import free
from federation.law.sealing_rules import sealing_rules
from federation.v1 import query_pb2, record_pb2, registry_pb2, sealing_pb2
from federation.values.clock import legal_day
from federation.values.terms import SealRule
from node.register.correcting import RecordCorrections
from node.store.reading import open_reader, sealed_reader
from tests.support import related
from tests.support.records import Someone, record
from tests.support.register import NEW, OLD, RegisterUnderTest, act, run_out
from tests.support.wrong_rules import entries, plant, plant_opening, plant_sealing, small_register
from tests.unit.node.sealing.test_resealing import spanning

FINISHED, WAITS = sealing_pb2.RESEAL_STATE_FINISHED, sealing_pb2.RESEAL_STATE_AWAITS_APPROVAL
MANY = 220


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    return small_register(tmp_path)


def approving(register: RegisterUnderTest, found: str = "") -> sealing_pb2.RunOversight:
    return sealing_pb2.RunOversight(
        step=sealing_pb2.RUN_STEP_APPROVE, found=found or register.the_run().found, reason="核对无误"
    )


def test_a14_a_planted_wrong_rule_opens_no_record_of_a_small_register(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_opening(monkeypatch)
    run_out(register.resealing())
    register.restarted()
    run_out(register.resealing())
    assert register.statuses() == {"SEALED": 20, "OPEN": 3}
    run = register.the_run()
    assert (run.state, run.dry_run.judged, len(run.approvals)) == (WAITS, 23, 0)
    assert [(m.before, m.after, m.records) for m in run.dry_run.moves if m.before != m.after] == [(2, 1, 20)]


def test_a14_a_planted_wrong_rule_seals_no_more_than_its_free_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = RegisterUnderTest(tmp_path)
    for _ in range(MANY):
        register.enter(related.non_prosecution(Someone()))
    register.judge_anew()
    assert register.statuses() == {"OPEN": MANY}
    plant_sealing(monkeypatch)
    run_out(register.resealing(page=50))
    assert register.statuses() == {"OPEN": MANY}, f"{free(MANY)} might move; all of them may not"
    assert register.the_run().state == WAITS


def test_a14_an_officer_alone_moves_nothing_either(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_opening(monkeypatch)
    for settled in (False, True):
        if settled:
            run_out(register.resealing())
        report = register.resealing().page(sealing_pb2.ResealPage(limit=100), act())
        assert report.dry_run
        assert register.statuses() == {"SEALED": 20, "OPEN": 3}


def test_a14_two_people_approve_what_they_have_seen(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_opening(monkeypatch)
    run_out(register.resealing())
    with pytest.raises(NotFound, match="look again"):
        register.oversee(approving(register, "0" * 16))
    with pytest.raises(InvalidRequest, match="say why"):
        register.oversee(sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_APPROVE, found="x"))
    register.oversee(approving(register), "王警官")
    for spelling in ("王警官", "王 警官", "王警官 "):
        with pytest.raises(PermissionDenied, match="second officer"):
            register.oversee(approving(register), spelling)
    run_out(register.resealing())
    assert register.statuses() == {"SEALED": 20, "OPEN": 3}, "one of two"
    register.oversee(approving(register), "李警官")
    run_out(register.resealing())
    assert register.statuses() == {"OPEN": 23}
    with pytest.raises(OutOfOrder, match="does not wait"):
        register.oversee(approving(register), "赵警官")
    steps = [entry["step"] for entry in entries(register) if entry["kind"] == "run_overseen"]
    assert steps.count("approve") == 2


def test_a14_a_run_stops_where_it_would_do_more_than_was_approved(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody has seen in a dry run is not moved, even if it came in between."""
    plant_opening(monkeypatch)
    run_out(register.resealing())
    register.approve()
    monkeypatch.undo()
    for _ in range(2):
        register.enter(related.public_order(Someone()))
    plant_opening(monkeypatch)
    run_out(register.resealing(page=100))
    assert register.statuses() == {"SEALED": 22, "OPEN": 3}
    run = register.the_run()
    assert run.state == WAITS
    assert "open 2 records more" in run.stopped
    register.approve()
    run_out(register.resealing(page=100))
    assert register.statuses() == {"OPEN": 25}


def test_a14_a_correction_opens_nothing_that_a_run_has_yet_to_open(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registration is corrected while a wrong rule waits for approval: the record stays sealed."""
    shared = register.shared()
    stored = next(iter(sealed_reader(register.journal.engine, shared.sealer.sealed_vault).all()))
    plant_opening(monkeypatch)
    run_out(register.resealing())
    corrected = stored.event.record
    corrected.person.household_division, corrected.person.household_as_of = "110108", "2019-01-01"
    amendment = registry_pb2.Amendment(
        record_id=stored.record_id.hex(), expected_version=1, record=corrected, reason="更正户籍"
    )
    RecordCorrections(register=register.shared(), others=register.others()).amend(amendment, act())
    assert register.statuses() == {"SEALED": 20, "OPEN": 3}
    reader = open_reader(register.journal.engine, shared.sealer.open_vault)
    assert reader.show(stored.record_id) is None


def test_a14_rules_of_a_day_to_come_are_tried_and_approved_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = RegisterUnderTest(tmp_path)
    comes = legal_day(register.at) + timedelta(days=10)
    later = (replace(r, in_force_from=comes) if r.id is SealRule.S3 else r for r in sealing_rules().values())
    plant(monkeypatch, later)
    for _ in range(4):
        register.enter(related.public_order(Someone()))
    register.judge_anew()
    assert register.statuses() == {"OPEN": 4}
    today, coming = register.oversee(sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_SHOW)).runs
    assert (today.state, coming.state) == (FINISHED, WAITS)
    for officer in ("王警官", "李警官"):
        register.oversee(approving(register, coming.found), officer)
    run_out(register.resealing())
    assert register.statuses() == {"OPEN": 4}, "not before the day"
    register.at += timedelta(days=12)
    run_out(register.resealing())
    assert register.statuses() == {"SEALED": 4}
    assert register.the_run().id == coming.id


def test_a14_a_run_counts_everybody(register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eligible, sealed and undecided have a denominator, before, during and after the moves."""
    plant_opening(monkeypatch)
    run_out(register.resealing())
    for _ in range(2):
        shown = register.oversee(sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_SHOW))
        standing, run = shown.standing, shown.runs[0]
        assert standing.records == standing.open + standing.sealed + standing.undecided == 23
        assert run.dry_run.judged == sum(m.records for m in run.dry_run.moves) == 23
        register.judge_anew()


def test_a27_a_record_that_a_run_has_yet_to_withhold_is_no_licence_for_a_certificate(tmp_path: Path) -> None:
    """It lies open, and by today's rules it waits for a person: no answer shows it, and none may be clean."""
    register = RegisterUnderTest(tmp_path)
    register.profile = NEW
    someone, made = Someone(born=date(2001, 1, 10)), spanning(record_pb2.MAIN_ACTS_NO)
    made.person.CopyFrom(record(someone, "police").person)
    record_id = register.enter(made).record_id
    register.judge_anew()
    assert (register.statuses(), register.waiting(someone.subject())) == ({"OPEN": 1}, [])
    register.profile = OLD
    run_out(register.resealing())
    assert register.the_run().state == WAITS, "the run waits for two officers"
    assert register.look_up(someone.subject()).outcome == query_pb2.OUTCOME_NONE
    assert register.waiting(someone.subject()) == [record_id]
