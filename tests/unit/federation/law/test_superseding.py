"""Which change of a record makes untrue what was told of it (R47), by the boundary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from federation.law.superseding import supersedes_disclosed
from federation.notices.due import recall_due, reply_due
from federation.statements.recalls import SAYS, late_days
from federation.v1 import record_pb2 as pb
from tests.support.records import Someone, record


def disclosed() -> pb.Record:
    return record(Someone(), "justice")


def without_execution() -> pb.Record:
    made = disclosed()
    made.ClearField("execution")
    made.unknowns.add(field="execution", reason=pb.UNKNOWN_REASON_NOT_YET_OCCURRED)
    return made


def released(made: pb.Record) -> None:
    made.execution.add(kind=pb.EXECUTION_KIND_COMPLETED, on="2022-06-20", executor="某监狱")


def with_its_document(made: pb.Record) -> None:
    released(made)
    made.instrument.reference = "刑满释放人员通知书"


def first_known(made: pb.Record) -> None:
    released(made)
    made.unknowns.pop()  # that nothing was known of the execution


def another_date(made: pb.Record) -> None:
    made.final_on = "2019-06-17"


def event_corrected(made: pb.Record) -> None:
    made.execution[0].on = "2019-06-21"


def event_removed(made: pb.Record) -> None:
    made.ClearField("execution")


def released_and_corrected(made: pb.Record) -> None:
    released(made)
    made.combined_penalty.months += 1


def another_document(made: pb.Record) -> None:
    made.instrument.reference = "（2019）京0105刑初1号"


def another_unknown(made: pb.Record) -> None:
    made.unknowns.add(field="served_on", reason=pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)


@pytest.mark.parametrize("change", [lambda made: None, released, with_its_document])
def test_r47_what_happened_since_leaves_true_what_was_told(change: Callable[[pb.Record], None]) -> None:
    before, after = disclosed(), pb.Record()
    after.CopyFrom(before)
    change(after)
    assert not supersedes_disclosed(before, after)


def test_r47_an_execution_that_becomes_known_leaves_true_what_was_told() -> None:
    before, after = without_execution(), pb.Record()
    after.CopyFrom(before)
    first_known(after)
    assert not supersedes_disclosed(before, after)


@pytest.mark.parametrize(
    "change",
    [
        another_date,
        event_corrected,
        event_removed,
        released_and_corrected,
        another_document,
        another_unknown,
    ],
)
def test_r47_any_other_change_supersedes_what_was_told(change: Callable[[pb.Record], None]) -> None:
    before, after = disclosed(), pb.Record()
    after.CopyFrom(before)
    change(after)
    assert supersedes_disclosed(before, after)


def test_r45_the_wording_names_no_cause() -> None:
    for cause in ("更正", "撤", "封存", "correct", "withdr", "seal", "amend"):
        assert cause not in SAYS.lower()


def test_r47_a_recall_is_in_time_until_its_day_and_late_after_it() -> None:
    friday = date(2026, 11, 27)
    assert recall_due(friday) == date(2026, 12, 4)
    day = recall_due(friday).isoformat()
    assert late_days(day, "", today=date(2026, 12, 4)) == 0
    assert late_days(day, "", today=date(2026, 12, 5)) == 1
    assert late_days(day, "2026-12-04T15:59:59.000000Z", today=date(2027, 1, 1)) == 0
    assert late_days(day, "2026-12-04T16:00:00.000000Z", today=date(2027, 1, 1)) == 1  # 5 December in Beijing


def test_r47_a_correction_request_has_its_day_for_a_reply() -> None:
    assert reply_due(date(2026, 11, 27)) == date(2026, 12, 18)
