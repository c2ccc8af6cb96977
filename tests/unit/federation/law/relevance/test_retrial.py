"""A conviction that is tried again: until when it counts by itself, and when a person must decide (R47)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.law.bases import load_bases
from federation.law.relevance import Answer, judge
from federation.law.relevance.retrial import longest_months, pending_retrial
from federation.notices.expected import expected, outcome_expected
from federation.v1 import notice_pb2
from federation.v1 import record_pb2 as pb
from tests.support.records import Someone, record

ORDERED, UPHELD = pb.EXECUTION_KIND_RETRIAL_ORDERED, pb.EXECUTION_KIND_RETRIAL_UPHELD
COURT = "北京市第三中级人民法院"
TEACHERS = load_bases()["TCH-14"]
LAST = date(2025, 3, 31)


def tried_again(*events: tuple[pb.ExecutionKind.ValueType, str], final_on: str = "2019-06-16") -> pb.Record:
    made = record(Someone(), "justice")
    made.final_on = final_on
    for kind, on in events:
        made.execution.add(kind=kind, on=on, executor=COURT)
    return made


def test_r47_a_retrial_may_take_six_months_at_most() -> None:
    pending = pending_retrial(tried_again((ORDERED, "2024-09-30")))
    assert pending is not None
    assert (longest_months(), pending.ends_on, pending.court) == (6, date(2025, 3, 30), COURT)


@pytest.mark.parametrize(
    ("events", "final_on", "awaited"),
    [
        ((), "2019-06-16", False),
        (((ORDERED, "2024-09-30"),), "2019-06-16", True),
        (((ORDERED, "2024-09-30"), (UPHELD, "2024-12-01")), "2019-06-16", False),
        (((ORDERED, "2024-09-30"), (UPHELD, "2024-09-30")), "2019-06-16", False),
        (((ORDERED, "2020-01-02"), (UPHELD, "2020-03-01"), (ORDERED, "2024-09-30")), "2019-06-16", True),
        (((UPHELD, "2020-03-01"), (ORDERED, "2024-09-30")), "2019-06-16", True),
        (((ORDERED, "2024-09-30"),), "2025-01-15", False),
        (((pb.EXECUTION_KIND_COMPLETED, "2022-06-20"), (ORDERED, "2024-09-30")), "2019-06-16", True),
    ],
)
def test_r47_an_outcome_is_awaited_until_it_is_told(
    events: tuple[tuple[pb.ExecutionKind.ValueType, str], ...], final_on: str, awaited: bool
) -> None:
    made = tried_again(*events, final_on=final_on)
    assert (pending_retrial(made) is not None) is awaited
    assert (outcome_expected(made) is not None) is awaited


@pytest.mark.parametrize(
    ("on", "answer"),
    [
        (date(2024, 9, 29), Answer.YES),
        (date(2025, 3, 30), Answer.YES),
        (LAST, Answer.UNDECIDED),
        (date(2031, 1, 1), Answer.UNDECIDED),
    ],
)
def test_r47_a_conviction_whose_outcome_is_overdue_decides_nothing_by_itself(
    on: date, answer: Answer
) -> None:
    found = judge(TEACHERS, tried_again((ORDERED, "2024-09-30")), on=on)
    assert found.answer is answer
    if answer is Answer.UNDECIDED:
        assert "overdue since 2025-03-30" in found.reasons[0]
        assert not found.offences


def test_r47_a_provision_that_does_not_concern_it_stays_a_no() -> None:
    made = tried_again((ORDERED, "2024-09-30"))
    assert judge(load_bases()["COMP-24"], made, on=LAST).answer is Answer.NO


def test_r25_the_outcome_is_due_ten_days_after_the_last_day_of_the_retrial() -> None:
    owed = outcome_expected(tried_again((ORDERED, "2024-09-30")))
    assert owed is not None
    assert (owed.kind, owed.executor) == (notice_pb2.NOTICE_KIND_RETRIAL_CHANGE, COURT)
    assert (owed.ends_on, owed.due_on) == (date(2025, 3, 30), date(2025, 4, 9))


def test_r25_a_retrial_changes_nothing_about_the_end_of_the_sentence() -> None:
    assert expected(tried_again((ORDERED, "2020-01-02"))) == expected(tried_again())
    escaped = (pb.EXECUTION_KIND_ESCAPED, "2020-01-01")
    assert expected(tried_again(escaped, (ORDERED, "2020-01-02"))) is None
