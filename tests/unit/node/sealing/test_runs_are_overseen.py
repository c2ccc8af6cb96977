"""A wrong rule moves no register: what a run may not do before two people approve it, and how it is taken back (A14).

The wrong rules are planted as data, where the right ones stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from federation.errors import InvalidRequest, NotFound, OutOfOrder, PermissionDenied
from federation.evidence.entry import read_body
from federation.law import sealing_related
from federation.law.job_limits import REVERSIBLE, free
from federation.law.sealing_rules import SealingRule, sealing_rules
from federation.v1 import query_pb2, record_pb2, registry_pb2, sealing_pb2
from federation.values.terms import RecordClass, SealRule
from node.register.correcting import RecordCorrections
from node.sealing.ordering import SealOrders
from node.store.reading import open_reader, sealed_reader
from tests.support import related
from tests.support.records import Someone, open_record, record
from tests.support.register import NEW, OLD, RegisterUnderTest, act, run_out
from tests.unit.node.sealing.test_resealing import spanning

FINISHED, WAITS = sealing_pb2.RESEAL_STATE_FINISHED, sealing_pb2.RESEAL_STATE_AWAITS_APPROVAL
MANY = 220


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    """Twenty sealed decisions on adults that no rule but S3 seals, and three convictions."""
    made = RegisterUnderTest(tmp_path)
    for _ in range(20):
        made.enter(related.public_order(Someone()))
    for _ in range(3):
        made.enter(open_record("police")[1])
    made.judge_anew()
    assert made.statuses() == {"SEALED": 20, "OPEN": 3}
    return made


def plant(monkeypatch: pytest.MonkeyPatch, rules: Iterable[SealingRule]) -> None:
    """Have these rules in force in place of those of the table."""
    planted = {rule.id: rule for rule in rules}
    monkeypatch.setattr(sealing_related, "sealing_rules", lambda: planted)


def plant_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the rule out that seals public-order records: every one of them would be open."""
    plant(monkeypatch, (r for r in sealing_rules().values() if r.id is not SealRule.S3))


def plant_sealing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the reserved rule seal every decision not to prosecute."""
    wrong = [
        replace(
            r, classes=frozenset({RecordClass.NON_PROSECUTION}), in_force_from=date(2012, 1, 1), terms=None
        )
        if r.id is SealRule.S4
        else r
        for r in sealing_rules().values()
    ]
    plant(monkeypatch, wrong)


def approving(register: RegisterUnderTest, found: str = "") -> sealing_pb2.RunOversight:
    return sealing_pb2.RunOversight(
        step=sealing_pb2.RUN_STEP_APPROVE, found=found or register.the_run().found, reason="核对无误"
    )


def reversing(register: RegisterUnderTest, run: str = "") -> sealing_pb2.RunOversight:
    return sealing_pb2.RunOversight(
        step=sealing_pb2.RUN_STEP_REVERSE, run=run or register.the_run().id, reason="规则有误"
    )


def reverse(register: RegisterUnderTest, run: str = "") -> None:
    asked = reversing(register, run)
    for officer in ("王警官", "李警官"):
        register.oversee(asked, officer)
    run_out(register.resealing())


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
    for _ in range(5):
        register.enter(related.non_prosecution(Someone()))
    plant_sealing(monkeypatch)
    register.judge_anew()
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
    for _ in range(5):
        register.enter(related.non_prosecution(Someone()))
    plant_sealing(monkeypatch)
    register.judge_anew()
    reverse(register)
    assert register.statuses() == {"SEALED": 25, "OPEN": 3}
    assert (register.the_run().restored, register.the_run().left) == (0, 5)


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
    comes = register.at.date() + timedelta(days=10)
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


def entries(register: RegisterUnderTest) -> list[dict[str, object]]:
    return [dict(read_body(entry.body)) for entry in register.journal.entries(0, 1000)]


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
