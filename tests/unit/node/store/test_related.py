"""Records beside convictions in a real store: tokens of their own, and sealed at the turn of 2026 (R64)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation.law.disclosure import Reach
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.terms import RecordClass, SealRule
from tests.support import related
from tests.support.records import Someone, record
from tests.support.register import NEW, RegisterUnderTest

BOTH = Reach((RecordClass.CRIMINAL, RecordClass.PUBLIC_ORDER))
#: Seen from Beijing: the last minute of 2025 and the first of 2026.
BEFORE, AFTER = datetime(2025, 12, 31, 15, 59, tzinfo=UTC), datetime(2025, 12, 31, 16, 0, tzinfo=UTC)


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    made = RegisterUnderTest(tmp_path)
    made.profile, made.at = NEW, BEFORE
    return made


def found(register: RegisterUnderTest, someone: Someone, reach: Reach) -> list[str]:
    """Return the classes of what a look-up within the reach finds."""
    answer = register.look_up(someone.subject(), reach)
    assert (answer.outcome == query_pb2.OUTCOME_MATCH) == bool(answer.facets)
    return [pb.RecordClass.Name(f.record.record_class).removeprefix("RECORD_CLASS_") for f in answer.facets]


def test_r64_public_order_records_are_sealed_at_the_turn_of_2026(register: RegisterUnderTest) -> None:
    """By the day of evaluation: at once for whoever asks, and in the store by the run over all records."""
    someone = Someone()
    register.enter(related.public_order(someone, on="2019-01-20"))
    assert found(register, someone, BOTH) == ["PUBLIC_ORDER"]
    assert register.statuses() == {"OPEN": 1}
    register.judge_anew()
    assert register.statuses() == {"OPEN": 1}

    register.at = AFTER
    assert not found(register, someone, BOTH)
    register.judge_anew()
    assert register.statuses() == {"SEALED": 1}
    opened = Reach(BOTH.unsealed, (RecordClass.PUBLIC_ORDER,), frozenset({SealRule.S3}))
    assert found(register, someone, opened) == ["PUBLIC_ORDER"]
    assert not found(
        register, someone, Reach(BOTH.unsealed, (RecordClass.PUBLIC_ORDER,), frozenset({SealRule.S2}))
    )


def test_r64_a_look_up_meets_only_the_classes_that_it_searches(register: RegisterUnderTest) -> None:
    someone = Someone()
    register.enter(related.public_order(someone))
    register.enter(related.non_prosecution(someone))
    register.enter(record(someone, "police"))
    assert found(register, someone, Reach()) == ["CRIMINAL"]
    assert sorted(found(register, someone, BOTH)) == ["CRIMINAL", "PUBLIC_ORDER"]
    assert found(register, someone, Reach((RecordClass.NON_PROSECUTION,))) == ["NON_PROSECUTION"]
    assert not found(register, someone, Reach((RecordClass.REEDUCATION,)))
    assert not found(register, someone, Reach((RecordClass.WORKING,)))


def test_r64_what_seals_another_class_is_proposed_to_nobody(register: RegisterUnderTest) -> None:
    from node.store.schema import sealing_spread

    register.enter(related.non_prosecution(related.minor()))
    assert register.statuses() == {"SEALED": 1}
    with register.journal.reading() as connection:
        assert not connection.execute(sealing_spread.select()).all()
