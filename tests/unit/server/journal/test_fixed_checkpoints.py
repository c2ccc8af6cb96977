"""At each fixed time one checkpoint is kept, and between two of them nothing shows how the log grows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from federation.errors import Unavailable
from federation.evidence.checkpoint import read_checkpoint
from server.journal.fixed_checkpoints import FixedCheckpoints
from tests.support.records import open_record
from tests.support.register import RegisterUnderTest

HOUR = 3600.0
JUST_BEFORE = datetime(2026, 3, 1, 10, 59, 59, 999_999, tzinfo=UTC)


@pytest.fixture
def register(tmp_path: Path) -> Iterator[RegisterUnderTest]:
    made = RegisterUnderTest(tmp_path)
    yield made
    made.close()


def kept(register: RegisterUnderTest, moment: datetime) -> FixedCheckpoints:
    """Return the fixed checkpoints as a server has them that looks at that moment."""
    fixed = FixedCheckpoints(register.journal, every_s=HOUR, now=lambda: moment)
    fixed.keep(register.charter.version)
    return fixed


def size(fixed: FixedCheckpoints) -> int:
    return read_checkpoint(fixed.newest()).size


def test_before_the_first_there_is_none(register: RegisterUnderTest) -> None:
    with pytest.raises(Unavailable):
        FixedCheckpoints(register.journal, every_s=HOUR, now=lambda: JUST_BEFORE).newest()


def test_one_is_kept_until_the_next_fixed_time_though_the_log_grows_and_the_server_restarts(
    register: RegisterUnderTest,
) -> None:
    at_ten = size(kept(register, JUST_BEFORE - timedelta(minutes=59)))
    register.enter(open_record("police")[1])
    register.restarted()
    assert size(kept(register, JUST_BEFORE)) == at_ten
    at_eleven = size(kept(register, JUST_BEFORE + timedelta(microseconds=1)))
    assert at_eleven == register.journal.size() > at_ten
    register.enter(open_record("police")[1])
    assert size(kept(register, JUST_BEFORE + timedelta(minutes=59))) == at_eleven


def test_its_time_does_not_show_when_the_log_grew_last(register: RegisterUnderTest) -> None:
    newest = register.journal.checkpoint(register.charter.version)
    register.at += timedelta(minutes=20)
    fixed = kept(register, JUST_BEFORE).newest()
    assert read_checkpoint(fixed).size == read_checkpoint(newest).size
    assert read_checkpoint(fixed).signed_at > read_checkpoint(newest).signed_at


def test_a_clock_set_back_makes_no_new_one(register: RegisterUnderTest) -> None:
    first = size(kept(register, JUST_BEFORE))
    register.enter(open_record("police")[1])
    assert size(kept(register, JUST_BEFORE - timedelta(days=1))) == first
