"""What a run over all records promises: every old case is judged by today's rules, whatever interrupts it (A14)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from federation.law.sealing import Status
from federation.law.sealing_related import in_force
from federation.statements.seals import moved, summed
from federation.v1 import record_pb2 as pb
from federation.v1 import sealing_pb2
from federation.values.clock import legal_day
from node.sealing.run_store import Place, RunStore
from node.store.reading import open_reader, sealed_reader
from server.journal.work import Work
from tests.support.records import (
    HELD_ELSEWHERE,
    MINOR,
    Someone,
    open_record,
    record,
    sealed_record,
    without,
)
from tests.support.register import NEW, OLD, RegisterUnderTest, act, run_out


def spanning(main_acts: pb.MainActs.ValueType) -> pb.Record:
    """Return one act on both sides of the eighteenth birthday: the 2012 text is silent, the Measures are not."""
    made = record(Someone(born=date(2001, 1, 10)), "police")
    made.offences[0].conduct_from, made.offences[0].conduct_to = "2018-12-01", "2019-02-01"
    made.main_acts_before_18 = main_acts
    return made


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    made = RegisterUnderTest(tmp_path)
    for each in (
        spanning(pb.MAIN_ACTS_YES),
        spanning(pb.MAIN_ACTS_YES),
        spanning(pb.MAIN_ACTS_NO),
        spanning(pb.MAIN_ACTS_UNDETERMINED),
        open_record("police")[1],
        sealed_record("police")[1],
        record(Someone(born=MINOR), "police", months=72),
    ):
        made.enter(each)
    assert made.statuses() == BEFORE
    return made


BEFORE = {"WITHHELD": 4, "OPEN": 2, "SEALED": 1}
AFTER = {"WITHHELD": 1, "OPEN": 3, "SEALED": 3}


def test_a14_a_run_goes_on_where_it_stopped_also_after_a_restart(register: RegisterUnderTest) -> None:
    register.profile = NEW
    for _ in range(3):  # it begins, and judges two pages of the dry run
        assert register.resealing().run_due()
    register.restarted()
    assert run_out(register.resealing()) == 2, "four of seven had been judged: one more page, then the last"
    assert register.statuses() == BEFORE, "nothing moves in a dry run"
    register.approve()
    assert register.resealing().run_due()
    assert register.resealing().run_due()
    assert register.runs() == []
    register.restarted()
    assert run_out(register.resealing()) == 2
    assert register.statuses() == AFTER
    [run] = register.runs()
    assert (run["profile"], run["judged"], run["moved"]) == (NEW, 7, 3)
    assert run["stand"] == {
        "open>open": 2,
        "sealed>sealed": 1,
        "withheld>open": 1,
        "withheld>sealed": 2,
        "withheld>withheld": 1,
    }


def test_a14_a_finished_run_is_not_repeated_until_the_profile_changes(register: RegisterUnderTest) -> None:
    for profile in (OLD, NEW):
        register.profile = profile
        register.judge_anew()
        assert not register.resealing().run_due()
    assert [run["profile"] for run in register.runs()] == [OLD, NEW]
    assert register.statuses() == AFTER


def test_r40_a_record_of_an_earlier_edition_is_judged_anew_and_found(register: RegisterUnderTest) -> None:
    """It was withheld for want of the birth date, which the verified number says; the run of then is finished."""
    register.profile = NEW
    register.judge_anew()
    someone = Someone(name="张三丰", born=date(1970, 1, 1))
    made = without(record(someone, "police", months=48), ["person.birth_date"], HELD_ELSEWHERE)
    stored_as_before(register, made)
    before = register.statuses()
    register.restarted()
    register.judge_anew()
    assert register.statuses() - before == {"OPEN": 1}
    [run] = register.runs()[1:]
    assert (run["moved"], run["stand"]["withheld>open"]) == (1, 1)  # type: ignore[index]
    shared = register.shared()
    reader = open_reader(register.journal.engine, shared.sealer.open_vault)
    by_name = pb.Person(names=made.person.names, birth_date="1970-01-01")
    assert [s.event.record.judgment_number.original for s in reader.find(shared.sealer.tokens(by_name))] == [
        made.judgment_number.original
    ]


def stored_as_before(register: RegisterUnderTest, made: pb.Record) -> None:
    """Store a record as an earlier edition did, which judged it withheld and had finished its run."""
    record_id = bytes.fromhex(register.enter(made).record_id)
    shared, engine = register.shared(), register.journal.engine
    readers = (
        open_reader(engine, shared.sealer.open_vault),
        sealed_reader(engine, shared.sealer.sealed_vault),
    )
    [stored] = [stored for reader in readers if (stored := reader.show(record_id))]
    stored.event.version += 1
    row = shared.sealer.row(stored.event, record_id=record_id, status=Status.WITHHELD)

    def command(work: Work) -> None:
        current = shared.records.by_id(work.view, record_id)
        assert current is not None
        shared.records.replace(work, current, row, current.entry)
        runs = RunStore(shared.sealer.run_vault)
        run = runs.at(work.view, Place.TODAY)
        assert run is not None
        run.rules = "+".join((NEW, *in_force(legal_day(register.at))))
        runs.keep(work, run)

    register.journal.run(command)


def test_a14_an_officers_run_reports_before_and_after_and_moves_nothing_twice(
    register: RegisterUnderTest,
) -> None:
    register.profile = NEW
    run_out(register.resealing())
    register.approve()

    def run() -> sealing_pb2.ResealReport:
        reports: list[sealing_pb2.ResealReport] = []
        after = ""
        while not reports or after:
            asked = sealing_pb2.ResealPage(after=after, limit=3)
            reports.append(register.resealing().page(asked, act()))
            after = reports[-1].last
        return summed(reports)

    first, second = run(), run()
    assert (first.judged, first.records, moved(first)) == (7, 7, 3)
    assert (second.judged, moved(second)) == (7, 0)
    assert register.statuses() == AFTER


def test_a14_a_run_leaves_every_version_in_the_history(register: RegisterUnderTest) -> None:
    register.profile = NEW
    register.judge_anew()
    shared = register.shared()
    reader = sealed_reader(register.journal.engine, shared.sealer.sealed_vault)
    reasons = [[e.reason for e in reader.history(stored.record_id)] for stored in reader.all()]
    assert sorted(reasons) == [[""], [""], ["", f"judged anew under {NEW}"], ["", f"judged anew under {NEW}"]]
