"""A start takes as many steps with a long log as with a short one, and still notices entries that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from federation.errors import Corrupt
from federation.evidence.entry import EntryKind
from server.journal.engine import open_sqlite
from server.journal.entry_store import NEARBY, EntryStore
from server.journal.log import Log
from server.journal.log_rows import LockedEntry
from server.journal.migrating import bring_up_to_date
from server.journal.schema import SCHEMA
from server.stores.integrity import log_size, verify_log
from tests.support.steps import counting

#: Powers of two, whose trees are read from one row.
SHORT, LONG = 4_096, 65_536


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_sqlite(tmp_path / "store.db")
    with made.begin() as connection:
        bring_up_to_date(connection, SCHEMA)
    yield made
    made.dispose()


def fill(engine: Engine, start: int, end: int) -> None:
    """Put entries into the store whose hashes mean nothing."""
    with engine.begin() as connection:
        EntryStore().add(
            connection,
            [
                (number, bytes(32 * 17), LockedEntry(number.to_bytes(32, "big"), b""))
                for number in range(start, end)
            ],
        )


def start(engine: Engine) -> None:
    """Do what a start does to find out how long the log is and where its tree goes on."""
    with engine.connect() as connection:
        log_size(connection)
        Log(body_key=bytes(32)).restore(connection)


def steps_of_a_start(engine: Engine) -> int:
    with counting(engine) as steps:
        start(engine)
    return steps.made


def test_a_start_takes_as_many_steps_however_long_the_log_is(engine: Engine) -> None:
    fill(engine, 0, SHORT)
    short = steps_of_a_start(engine)
    fill(engine, SHORT, LONG)
    assert steps_of_a_start(engine) <= short + 50


def test_no_statement_of_a_start_reads_the_whole_log(engine: Engine) -> None:
    """SQLite counts a whole table in one step, however long that takes: so the plans are looked at too."""
    fill(engine, 0, SHORT)
    made: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:
        made.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    start(engine)
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        plans = [
            str(row[-1])
            for statement, parameters in made
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert any(plan.startswith("SEARCH log_entry") for plan in plans)
    assert not [plan for plan in plans if plan.startswith("SCAN log_entry")]


@pytest.mark.parametrize("lost", [0, SHORT - 2, SHORT - NEARBY + 1])
def test_a_first_entry_or_a_new_one_that_is_missing_is_noticed_at_once(engine: Engine, lost: int) -> None:
    fill(engine, 0, lost)
    fill(engine, lost + 1, SHORT)
    with engine.connect() as connection:
        with pytest.raises(Corrupt):
            log_size(connection)
        with pytest.raises(Corrupt, match="entries are missing"):
            Log(body_key=bytes(32)).restore(connection)


def test_an_old_entry_that_is_missing_is_found_by_the_reading_in_the_background(
    engine: Engine, tmp_path: Path
) -> None:
    key, entries, log = bytes(32), EntryStore(), Log(body_key=bytes(32))
    with engine.begin() as connection:
        pending = log.pending()
        for number in range(10):
            pending.append(EntryKind.STARTED, at="2026-03-01T10:00:00.000000Z", number=number)
        log.write(connection, pending)
        rows = [(n, entries.subtrees(connection, n), each) for n, each in entries.read(connection, 0, 99)]
    verify_log(engine.connect, key, start=0, end=10)
    other = open_sqlite(tmp_path / "other.db")
    with other.begin() as connection:
        bring_up_to_date(connection, SCHEMA)
        entries.add(connection, [row for row in rows if row[0] != 5])
    with pytest.raises(Corrupt, match="entry 5 of the log is missing"):
        verify_log(other.connect, key, start=0, end=10)
    other.dispose()
