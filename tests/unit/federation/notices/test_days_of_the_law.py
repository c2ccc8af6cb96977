"""When a judgment is final, and until when a notice is in time: the arithmetic."""

from __future__ import annotations

from datetime import date

import pytest

from federation.notices.due import lateness
from federation.notices.finality import earliest_final, finality_faults
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2
from tests.support.notices import judgment
from tests.support.records import Someone

TODAY = date(2026, 1, 10)


def test_r23_a_first_instance_judgment_is_final_on_the_day_after_the_appeal_period() -> None:
    notice = judgment(Someone())
    notice.record.served_on = "2019-06-04"
    assert earliest_final(notice).day == date(2019, 6, 15)
    notice.record.served_on = "2019-06-05"
    assert earliest_final(notice).day == date(2019, 6, 18), "the last day, a Saturday, gives way to Monday"
    notice.record.instrument.kind = record_pb2.INSTRUMENT_KIND_RULING
    assert earliest_final(notice).day == date(2019, 6, 11)


def test_r23_a_final_instance_decides_on_its_day() -> None:
    notice = judgment(Someone(), number="（2019）京03刑终123号")
    notice.record.pronounced_on = notice.record.served_on = notice.record.final_on = "2019-06-05"
    assert earliest_final(notice).day == date(2019, 6, 5)
    assert not list(finality_faults(notice, today=TODAY))


def test_r23_a_death_sentence_is_final_once_approved() -> None:
    notice = judgment(Someone())
    notice.record.combined_penalty.CopyFrom(record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_DEATH_SUSPENDED))
    notice.record.final_on = "2019-09-01"
    assert {f.field for f in finality_faults(notice, today=TODAY)} == {"approved_on"}
    notice.approved_on = "2019-09-02"
    assert {f.rule for f in finality_faults(notice, today=TODAY)} == {"A5"}
    notice.approved_on = "2019-09-01"
    assert not list(finality_faults(notice, today=TODAY))
    notice.finality = pb.FINALITY_BASIS_APPEAL_PERIOD_EXPIRED
    assert {f.field for f in finality_faults(notice, today=TODAY)} == {"finality"}


def test_r23_without_the_day_of_service_the_appeal_period_counts_from_the_pronouncement() -> None:
    notice = judgment(Someone())
    notice.record.served_on, notice.record.pronounced_on = "", "2019-06-03"
    assert earliest_final(notice).day == date(2019, 6, 14)
    assert not list(finality_faults(notice, today=TODAY))
    notice.record.pronounced_on = ""
    assert {f.field for f in finality_faults(notice, today=TODAY)} == {"record.served_on"}


def test_r23_a_penalty_below_the_least_one_is_final_once_approved() -> None:
    notice = judgment(Someone())
    notice.record.final_on, notice.approved_on = "2019-06-16", "2019-09-02"
    assert {f.rule for f in finality_faults(notice, today=TODAY)} == {"A5"}
    notice.record.final_on = "2019-09-02"
    assert not list(finality_faults(notice, today=TODAY))
    for early in ("2019-06-01", "2019-06-13"):  # before the judgment; before the end of the appeal period
        notice.record.final_on = notice.approved_on = early
        assert {f.field for f in finality_faults(notice, today=TODAY)} == {"approved_on"}, early


def test_r23_a_high_court_approves_suspended_death_by_its_own_judgment() -> None:
    notice = judgment(Someone(), number="（2019）京刑终123号")
    notice.record.combined_penalty.CopyFrom(record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_DEATH_SUSPENDED))
    notice.record.pronounced_on = notice.record.served_on = notice.record.final_on = "2019-06-05"
    assert not list(finality_faults(notice, today=TODAY))
    notice.record.combined_penalty.kind = record_pb2.PENALTY_KIND_DEATH
    assert {f.field for f in finality_faults(notice, today=TODAY)} == {"approved_on"}


def test_a5_a_year_without_holidays_moves_nothing_and_the_refusal_says_so() -> None:
    notice = judgment(Someone())
    notice.record.pronounced_on = notice.record.served_on = "2027-03-03"
    [fault] = finality_faults(notice, today=date(2027, 3, 10))
    assert "final from 2027-03-14" in fault.message
    assert "no holidays are known for 2027" in fault.message


@pytest.mark.parametrize(
    ("kind", "occurred", "accepted", "due", "late"),
    [
        ("judgment", date(2025, 3, 1), date(2025, 3, 11), date(2025, 3, 11), 0),
        ("judgment", date(2025, 3, 1), date(2025, 3, 12), date(2025, 3, 11), 1),
        ("release", date(2025, 3, 7), date(2025, 3, 14), date(2025, 3, 14), 0),  # a Friday
        ("release", date(2025, 3, 8), date(2025, 3, 15), date(2025, 3, 14), 1),  # a Saturday
        ("correction_completed", date(2025, 3, 5), date(2025, 3, 5), date(2025, 3, 12), 0),
    ],
)
def test_r25_due_times_are_data_and_working_days_leave_out_weekends(
    kind: str, occurred: date, accepted: date, due: date, late: int
) -> None:
    assert lateness(kind, occurred, accepted) == (due, late)
