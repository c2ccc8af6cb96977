"""The tally: amounts that follow the rows, in whatever order, and a MAC that binds them to the head of the log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, text

from federation.evidence.merkle import Frontier
from server.journal.engine import open_sqlite
from server.journal.migrating import bring_up_to_date
from server.journal.schema import SCHEMA, log_deferred, tally_amount
from server.journal.tally import (
    BUCKETS,
    Amount,
    Changes,
    bucket_of,
    lowest,
    packed_changes,
    row_bytes,
    unpacked_changes,
)
from server.journal.tallying import Tally

KEY = os.urandom(32)
FIRST, SECOND = b"\x00\x01" + bytes(14), b"\xff\xff" + bytes(14)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_sqlite(tmp_path / "store.db")
    with engine.begin() as connection:
        bring_up_to_date(connection, SCHEMA)
    yield engine
    engine.dispose()


def log(size: int) -> Frontier:
    """Return a log of so many entries, of which all shorter ones are the beginning."""
    frontier = Frontier()
    for number in range(size):
        frontier.append(number.to_bytes(32, "big"))
    return frontier


def begun(engine: Engine, folded_after: int = 1000) -> Tally:
    tally = Tally(KEY, folded_after=folded_after)
    changes = tally.changes()
    changes.first = True
    written(engine, tally, changes, 1)
    return tally


def written(engine: Engine, tally: Tally, changes: Changes, size: int) -> None:
    with engine.begin() as connection:
        after = tally.write(connection, changes, log(size))
    tally.adopt(after)


def added(tally: Tally, *keys: bytes) -> Changes:
    changes = tally.changes()
    for key in keys:
        changes.add("record", key, key)
    return changes


def loaded(engine: Engine, size: int) -> Tally:
    tally = Tally(KEY)
    with engine.connect() as connection:
        tally.load(connection, log(size))
    return tally


def test_keys_lie_in_buckets_in_their_order() -> None:
    assert [bucket_of(key) for key in (b"", FIRST, lowest(17), SECOND)] == [0, 0, 17, BUCKETS - 1]


@pytest.mark.parametrize(
    ("one", "other"),
    [([b"a", b"bc"], [b"ab", b"c"]), ([b"1"], ["1"]), ([1], ["1"]), ([None], [b""]), ([1], [1.5])],
)
def test_no_two_rows_are_the_same_bytes(one: list[bytes], other: list[bytes]) -> None:
    assert row_bytes(one) != row_bytes(other)


def test_amounts_depend_on_the_rows_and_not_on_their_order() -> None:
    one, other = Changes(KEY), Changes(KEY)
    for key in (FIRST, SECOND):
        one.add("record", key, key)
    for key in (SECOND, FIRST, FIRST):
        other.add("record", key, key)
    assert one.amounts() != other.amounts()
    other.remove("record", FIRST, FIRST)
    assert one.amounts() == other.amounts()
    assert unpacked_changes(packed_changes(one.amounts())) == one.amounts()


def test_an_amount_cannot_be_computed_without_the_key() -> None:
    amounts = []
    for key in (KEY, os.urandom(32)):
        changes = Changes(key)
        changes.add("record", FIRST, FIRST)
        amounts.append(changes.of(("record", 0)))
    assert amounts[0] != amounts[1]
    assert [amount.rows for amount in amounts] == [1, 1]


def test_a_tally_is_read_again_as_it_was_written(engine: Engine) -> None:
    tally = begun(engine)
    written(engine, tally, added(tally, FIRST, SECOND), 2)
    written(engine, tally, added(tally, FIRST + b"2"), 3)
    again = loaded(engine, 3)
    assert (again.fault, again.count("record")) == ("", 3)
    assert again.amount(("record", 0)) == tally.amount(("record", 0))
    assert again.amount(("record", 0)).rows == 2


def test_changes_are_folded_into_the_amounts_when_there_are_many(engine: Engine) -> None:
    tally, size = begun(engine, folded_after=3), 1
    for number in range(8):
        size += 1
        written(engine, tally, added(tally, number.to_bytes(16, "big"), SECOND + bytes([number])), size)
        with engine.connect() as connection:
            left = connection.execute(text("SELECT count(*) FROM tally_change")).scalar_one()
        assert left <= 1
        assert (loaded(engine, size).fault, loaded(engine, size).count("record")) == ("", 2 * (number + 1))


def test_a_transaction_that_failed_left_nothing_behind(engine: Engine) -> None:
    tally = begun(engine)
    with engine.connect() as connection:
        tally.write(connection, added(tally, FIRST), log(2))
        connection.rollback()
    written(engine, tally, added(tally, SECOND), 2)
    again = loaded(engine, 2)
    assert (again.fault, again.count("record"), again.amount(("record", 0))) == ("", 1, Amount())


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM tally_change WHERE number = 2", "of another time"),
        ("UPDATE tally_change SET number = 3 WHERE number = 2", "change 3 of the tally was altered or moved"),
        ("UPDATE tally_change SET body = x'00' WHERE number = 1", "change 1 of the tally was altered"),
        ("UPDATE tally_amount SET bucket = 7 WHERE bucket = 0", "bucket 7 of record was altered or moved"),
        ("DELETE FROM tally_amount", "of another time"),
        ("DELETE FROM tally_head", "the head of the tally is missing"),
        ("UPDATE tally_head SET mac = x'00'", "does not belong to this log"),
        ("UPDATE tally_head SET log_size = 2", "kept up to entry 2 of the log, which has 4"),
    ],
)
def test_what_was_changed_in_a_tally_is_its_fault(engine: Engine, statement: str, says: str) -> None:
    tally = begun(engine, folded_after=2)
    written(engine, tally, added(tally, FIRST, lowest(9), SECOND), 2)
    for size in (3, 4):
        written(engine, tally, added(tally, SECOND + bytes([size])), size)
    assert loaded(engine, 4).fault == ""
    with engine.begin() as connection:
        if "log_size" in statement:
            connection.execute(text("UPDATE tally_head SET mac = x'00'"))
        assert connection.execute(text(statement)).rowcount
    assert says in loaded(engine, 4).fault


def test_a_tally_of_another_log_or_of_an_earlier_head_is_not_this_ones(engine: Engine) -> None:
    tally = begun(engine)
    written(engine, tally, added(tally, FIRST), 2)
    assert loaded(engine, 3).fault
    assert loaded(engine, 1).fault


def test_what_was_found_is_not_forgotten_by_the_next_transaction(engine: Engine) -> None:
    tally = begun(engine)
    tally.distrust("a row is missing")
    written(engine, tally, added(tally, FIRST), 2)
    assert loaded(engine, 2).fault


def test_a_store_without_a_tally_gets_none_by_itself(engine: Engine) -> None:
    tally = loaded(engine, 0)
    assert (tally.kept, tally.fault) == (False, "")
    written(engine, tally, added(tally, FIRST), 1)
    with engine.connect() as connection:
        assert not connection.execute(tally_amount.select()).all()
    begun(engine)
    with engine.begin() as connection:
        connection.execute(delete(tally_amount))
    assert loaded(engine, 1).kept


def test_an_event_that_waits_for_the_log_binds_the_tally_too(engine: Engine) -> None:
    """Else the register could be put back unseen to any state since the last entry."""
    tally = begun(engine)
    written(engine, tally, added(tally, FIRST), 2)
    assert not loaded(engine, 2).fault
    event = insert(log_deferred).values(leaf=bytes(32), sealed_body=b"")
    with engine.begin() as connection:
        connection.execute(event)
    assert loaded(engine, 2).fault, "an event came that no transaction of the tally accounts for"
    with engine.begin() as connection:
        tally.adopt(tally.write(connection, added(tally, SECOND), log(2)))
    assert not loaded(engine, 2).fault
    with engine.begin() as connection:
        connection.execute(delete(log_deferred))
    assert loaded(engine, 2).fault
