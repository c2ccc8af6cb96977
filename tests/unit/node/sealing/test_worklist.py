"""What waits for a person about sealing: from when, until when, and who decides."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from federation.law.workdays import load_workdays
from federation.v1 import record_pb2 as pb
from federation.v1 import registry_pb2
from federation.values.clock import parse_stamp
from node.register.correcting import RecordCorrections
from node.sealing.worklist import THIS_AGENCY, due_on
from tests.support.records import open_record, sealed_record, withheld_record
from tests.support.register import RegisterUnderTest, act

FRIDAY = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    made = RegisterUnderTest(tmp_path)
    made.at = FRIDAY
    return made


def amended(register: RegisterUnderTest, record_id: str, version: int, made: pb.Record) -> None:
    amendment = registry_pb2.Amendment(
        record_id=record_id, expected_version=version, record=made, reason="更正"
    )
    RecordCorrections(register=register.shared(), others=register.others()).amend(amendment, act())


def test_r40_only_withheld_records_wait_each_with_its_last_day(register: RegisterUnderTest) -> None:
    for made in (open_record("police")[1], sealed_record("police")[1]):
        register.enter(made)
    receipt = register.enter(withheld_record("police")[1])
    [task] = register.tasks()
    assert (task.record_id, task.decides, task.late) == (receipt.record_id, THIS_AGENCY, False)
    assert parse_stamp(task.since) == FRIDAY
    assert task.due_on == "2026-03-11", "three working days from Friday: Monday, Tuesday, Wednesday"


@pytest.mark.parametrize(("days", "late"), [(0, False), (5, False), (6, True), (30, True)])
def test_r40_the_day_after_the_last_is_late(register: RegisterUnderTest, days: int, late: bool) -> None:
    register.enter(withheld_record("police")[1])
    register.at = FRIDAY + timedelta(days=days)
    assert [task.late for task in register.tasks()] == [late]


def test_r40_an_amendment_that_settles_nothing_gives_no_new_time(register: RegisterUnderTest) -> None:
    _, made = withheld_record("police")
    receipt = register.enter(made)
    register.at = FRIDAY + timedelta(days=10)
    made.court.name = "北京市海淀区人民法院"
    amended(register, receipt.record_id, 1, made)
    [task] = register.tasks()
    assert (task.version, task.due_on, task.late) == (2, "2026-03-11", True)


def test_r40_time_counts_from_when_the_record_became_withheld(register: RegisterUnderTest) -> None:
    someone, made = open_record("police")
    receipt = register.enter(made)
    register.at = FRIDAY + timedelta(days=14)
    unsure = withheld_record("police")[1]
    unsure.judgment_number.CopyFrom(made.judgment_number)
    unsure.person.identifiers[0].number = someone.number
    amended(register, receipt.record_id, 1, unsure)
    [task] = register.tasks()
    assert (task.due_on, task.late) == ("2026-03-25", False)


def test_r40_deciding_takes_a_record_off_the_list(register: RegisterUnderTest) -> None:
    someone, made = withheld_record("police")
    receipt = register.enter(made)
    made.person.birth_date = someone.born.isoformat()
    del made.unknowns[-1]
    amended(register, receipt.record_id, 1, made)
    assert register.tasks() == []
    assert register.statuses() == {"SEALED": 1}


def test_r40_holidays_are_no_working_days() -> None:
    before = date(2026, 9, 30)
    assert due_on(before, calendar=load_workdays()) > date(2026, 10, 7), "the National Day holiday"
