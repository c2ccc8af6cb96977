"""Which notice a conviction still owes and by when: the latest end that a record allows (R25-R27, A18)."""

from __future__ import annotations

import pytest

from federation.notices.expected import expected, in_correction
from federation.v1 import notice_pb2 as notices
from federation.v1 import record_pb2 as pb

FIXED, CONTROL, DETENTION = (
    pb.PENALTY_KIND_FIXED_TERM,
    pb.PENALTY_KIND_CONTROL,
    pb.PENALTY_KIND_CRIMINAL_DETENTION,
)
RELEASE, CORRECTION = notices.NOTICE_KIND_RELEASE, notices.NOTICE_KIND_CORRECTION_COMPLETED
SERVING, PAROLED = pb.EXECUTION_KIND_SERVING, pb.EXECUTION_KIND_PAROLED
Event = tuple[pb.ExecutionKind.ValueType, str]


def conviction(
    kind: pb.PenaltyKind.ValueType, months: int, *events: Event, days: int = 0, probation: int = 0
) -> pb.Record:
    """Return the part of a record that decides, final on 16 June 2019."""
    made = pb.Record(
        final_on="2019-06-16",
        combined_penalty=pb.Penalty(kind=kind, months=months, days=days, probation_months=probation),
    )
    for event, on in events:
        made.execution.add(kind=event, on=on, executor="某机关")
    return made


@pytest.mark.parametrize(
    ("record", "kind", "ends_on", "due_on"),
    [
        # The last day is the one before that of the same number; five working days to tell of it.
        (conviction(FIXED, 36, (SERVING, "2019-06-20")), RELEASE, "2022-06-19", "2022-06-24"),
        (conviction(FIXED, 36), RELEASE, "2022-06-15", "2022-06-22"),
        (conviction(DETENTION, 5, (SERVING, "2019-07-01"), days=15), RELEASE, "2019-12-15", "2019-12-20"),
        (conviction(CONTROL, 12), CORRECTION, "2020-06-15", "2020-06-22"),
        # 刑法 73: probation counts from the day the judgment became final.
        (conviction(FIXED, 24, probation=36), CORRECTION, "2022-06-15", "2022-06-22"),
        # 刑法 83: the probation of parole is the rest of the term.
        (
            conviction(FIXED, 36, (SERVING, "2019-06-20"), (PAROLED, "2021-08-01")),
            CORRECTION,
            "2022-06-19",
            "2022-06-24",
        ),
        # Outside prison the term runs on and ends by release formalities (A19).
        (
            conviction(FIXED, 36, (SERVING, "2019-06-20"), (pb.EXECUTION_KIND_OUTSIDE_PRISON, "2020-01-01")),
            RELEASE,
            "2022-06-19",
            "2022-06-24",
        ),
        # Revoked and serving again: the whole term from there is the latest that can be.
        (
            conviction(
                FIXED, 24, (pb.EXECUTION_KIND_REVOKED, "2020-01-10"), (SERVING, "2020-01-15"), probation=36
            ),
            RELEASE,
            "2022-01-14",
            "2022-01-21",
        ),
        (
            conviction(
                FIXED,
                12,
                (SERVING, "2019-06-20"),
                (pb.EXECUTION_KIND_ESCAPED, "2019-09-01"),
                (SERVING, "2020-09-01"),
            ),
            RELEASE,
            "2021-08-31",
            "2021-09-07",
        ),
    ],
)
def test_r26_r27_the_end_follows_from_the_record(
    record: pb.Record, kind: int, ends_on: str, due_on: str
) -> None:
    owed = expected(record)
    assert owed is not None
    assert (owed.kind, owed.ends_on.isoformat(), owed.due_on.isoformat()) == (kind, ends_on, due_on)


@pytest.mark.parametrize(
    "record",
    [
        conviction(FIXED, 36, (SERVING, "2019-06-20"), (pb.EXECUTION_KIND_COMPLETED, "2022-06-20")),
        conviction(FIXED, 24, (pb.EXECUTION_KIND_DISCHARGED, "2022-06-20"), probation=36),
        conviction(FIXED, 36, (pb.EXECUTION_KIND_DIED, "2020-01-01")),
        conviction(FIXED, 36, (pb.EXECUTION_KIND_PARDONED, "2020-01-01")),
        conviction(FIXED, 36, (SERVING, "2019-06-20"), (pb.EXECUTION_KIND_ESCAPED, "2020-01-01")),
        conviction(FIXED, 24, (pb.EXECUTION_KIND_REVOKED, "2020-01-10"), probation=36),
        conviction(FIXED, 36, (SERVING, "2019-06-20"), (pb.EXECUTION_KIND_COMMUTED, "2020-01-01")),
        conviction(pb.PENALTY_KIND_LIFE, 0),
        conviction(pb.PENALTY_KIND_DEATH_SUSPENDED, 0),
        conviction(pb.PENALTY_KIND_EXEMPT, 0),
        conviction(pb.PENALTY_KIND_SUPPLEMENTARY_ONLY, 0),
        pb.Record(combined_penalty=pb.Penalty(kind=FIXED, months=36)),
    ],
)
def test_r25_nothing_is_expected_where_it_is_over_or_the_record_does_not_say(record: pb.Record) -> None:
    assert expected(record) is None


def test_r25_who_does_not_hold_the_execution_expects_nothing() -> None:
    record = conviction(FIXED, 36)
    record.unknowns.add(field="execution", reason=pb.UNKNOWN_REASON_HELD_BY_ANOTHER_AGENCY)
    assert expected(record) is None
    record.unknowns[0].reason = pb.UNKNOWN_REASON_NOT_YET_OCCURRED
    assert expected(record) is not None


def test_who_is_in_community_correction() -> None:
    assert in_correction(conviction(FIXED, 24, probation=36))
    assert in_correction(conviction(CONTROL, 12))
    outside = (pb.EXECUTION_KIND_OUTSIDE_PRISON, "2020-01-01")
    assert in_correction(conviction(FIXED, 36, (SERVING, "2019-06-20"), outside))
    assert not in_correction(conviction(FIXED, 36, (SERVING, "2019-06-20")))
    assert not in_correction(
        conviction(FIXED, 24, (pb.EXECUTION_KIND_DISCHARGED, "2022-06-20"), probation=36)
    )
