"""Control that is served after a term: when both are over, and which notice is due (刑法 69(2), R20, R27)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.documents.chinese import conviction, penalty
from federation.law.relevance.ends import completion
from federation.law.relevance.finding import Answer
from federation.law.relevance.running import serving
from federation.merging.precedence import FIELDS
from federation.notices.expected import expected, in_correction
from federation.v1 import document_pb2
from federation.v1 import notice_pb2 as notices
from federation.v1 import record_pb2 as pb

SERVING, COMPLETED, DISCHARGED = (
    pb.EXECUTION_KIND_SERVING,
    pb.EXECUTION_KIND_COMPLETED,
    pb.EXECUTION_KIND_DISCHARGED,
)
TODAY = date(2026, 1, 10)


def sentenced(*events: tuple[pb.ExecutionKind.ValueType, str]) -> pb.Record:
    """Return the part of a record that decides: two years, then a year of control, final on 16 June 2019."""
    made = pb.Record(
        final_on="2019-06-16",
        combined_penalty=pb.Penalty(kind=pb.PENALTY_KIND_FIXED_TERM, months=24),
        further_penalty=pb.Penalty(kind=pb.PENALTY_KIND_CONTROL, months=12),
    )
    for kind, on in events:
        made.execution.add(kind=kind, on=on, executor="某机关")
    return made


RELEASED = ((SERVING, "2019-06-20"), (COMPLETED, "2021-06-19"))


def test_r27_after_release_the_end_of_control_is_expected() -> None:
    before, after = expected(sentenced(RELEASED[0])), expected(sentenced(*RELEASED))
    assert before is not None
    assert after is not None
    assert (before.kind, before.ends_on) == (notices.NOTICE_KIND_RELEASE, date(2021, 6, 19))
    assert (after.kind, after.ends_on) == (notices.NOTICE_KIND_CORRECTION_COMPLETED, date(2022, 6, 19))
    assert in_correction(sentenced(*RELEASED))
    assert expected(sentenced(*RELEASED, (DISCHARGED, "2022-06-19"))) is None


def test_r20_the_penalty_is_completed_when_control_is_over_too() -> None:
    end = completion(sentenced(*RELEASED), TODAY)
    assert end is not None
    assert (end.earliest, end.latest) == (date(2021, 6, 19), None)
    over = completion(sentenced(*RELEASED, (DISCHARGED, "2022-06-19")), TODAY)
    assert over is not None
    assert over.latest == date(2022, 6, 19)
    assert serving(sentenced(*RELEASED, (DISCHARGED, "2022-06-19")), TODAY).answer is Answer.NO


@pytest.mark.parametrize(
    ("on", "answer"),
    [
        (date(2020, 1, 1), Answer.YES),
        (date(2021, 12, 1), Answer.UNDECIDED),
        (date(2026, 1, 10), Answer.UNDECIDED),
    ],
)
def test_r20_who_is_under_control_after_release_is_not_told_to_be_free(on: date, answer: Answer) -> None:
    assert serving(sentenced(*RELEASED), on).answer is answer


def test_r20_both_penalties_are_told() -> None:
    record = sentenced()
    assert FIELDS["combined_penalty"].show(record) == "fixed_term, 24 months"
    assert FIELDS["further_penalty"].show(record) == "control, 12 months"
    extract = document_pb2.ConvictionExtract(
        penalty=record.combined_penalty, further_penalty=record.further_penalty, offences=["盗窃罪"]
    )
    assert "有期徒刑2年，执行完毕后执行管制1年" in conviction(extract)
    suspended = pb.Penalty(kind=pb.PENALTY_KIND_DEATH_SUSPENDED, reduction_limited=True)
    assert penalty(suspended).endswith("，限制减刑")
    suspended.life_without_release = True
    assert penalty(suspended).endswith("，限制减刑，减为无期徒刑后终身监禁")
    assert FIELDS["combined_penalty"].show(pb.Record(combined_penalty=suspended)) == (
        "death_suspended, reduction limited, life without release"
    )
