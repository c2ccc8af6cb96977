"""Rows that are all there, and that a search by their key goes past all the same: SQLite was led another way."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from node.store.checking import RegisterCheck
from node.store.counted import COLUMNS, count_all
from node.store.planted import INDEXES, planted
from node.store.safeguard import Safeguard
from server.journal.tally import BUCKETS
from server.stores.making import mark_counted
from tests.support.records import open_record
from tests.support.register import RegisterUnderTest

_BY_KEY = "SELECT count(*) FROM open_token INDEXED BY sqlite_autoindex_open_token_1 WHERE token = ?"
_EACH = "SELECT token, record_id FROM open_token"


@pytest.fixture
def register(tmp_path: Path) -> Iterator[RegisterUnderTest]:
    made = RegisterUnderTest(tmp_path)
    made.journal.run(lambda work: count_all(work.view, work.counted))
    for _ in range(4):
        made.enter(open_record("police")[1])
    mark_counted(made.home / "keys")
    yield made
    made.close()


def compared(register: RegisterUnderTest) -> list[str]:
    """Return what a recount finds that reads each table at once."""
    assert register.journal.tally is not None
    safeguard = Safeguard(register.journal, register.journal.tally)
    for table in COLUMNS:
        safeguard.compare(table, 0, BUCKETS - 1)
    return safeguard.findings


def schema_of(store: sqlite3.Connection, name: str, sql: str) -> None:
    """Have SQLite read a table's rows as if it had been made by `sql`; the rows stay where they are."""
    store.execute("PRAGMA writable_schema = ON")
    store.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, name))
    store.execute("PRAGMA writable_schema = RESET")


def without_index(store: sqlite3.Connection, name: str, change: Callable[[], sqlite3.Cursor]) -> None:
    """Change one row of a table while SQLite does not know of an index, which stays as it was."""
    store.execute("PRAGMA writable_schema = ON")
    store.execute("CREATE TEMP TABLE kept AS SELECT * FROM main.sqlite_master LIMIT 0")
    store.execute("INSERT INTO kept SELECT * FROM main.sqlite_master WHERE name = ?", (name,))
    store.execute("DELETE FROM sqlite_master WHERE name = ?", (name,))
    store.execute("PRAGMA writable_schema = RESET")
    assert change().rowcount == 1
    store.execute("PRAGMA writable_schema = ON")
    store.execute("INSERT INTO main.sqlite_master SELECT * FROM kept")
    store.execute("PRAGMA writable_schema = RESET")


def left_in_an_index(store: sqlite3.Connection) -> bytes:
    """Delete a token from its table and leave it in the index that has all of its columns."""
    [token] = store.execute("SELECT max(token) FROM open_token").fetchone()
    without_index(
        store,
        "ix_open_token_record_id",
        lambda: store.execute("DELETE FROM open_token WHERE token = ?", (token,)),
    )
    return bytes(token)


def out_of_order(store: sqlite3.Connection) -> bytes:
    """Put a token back into its table at a place where a table in descending order would have it."""
    token, record_id = store.execute(f"{_EACH} ORDER BY token LIMIT 1").fetchone()
    [sql] = store.execute("SELECT sql FROM sqlite_master WHERE name = 'open_token'").fetchone()
    assert store.execute("DELETE FROM open_token WHERE token = ?", (token,)).rowcount == 1
    schema_of(store, "open_token", sql.replace("PRIMARY KEY (token,", "PRIMARY KEY (token DESC,"))
    store.execute("INSERT INTO open_token VALUES (?, ?)", (token, record_id))
    schema_of(store, "open_token", sql)
    return bytes(token)


CHANGES = {"left in an index": left_in_an_index, "out of order": out_of_order}


def test_an_index_of_somebody_else_that_leads_a_search_past_a_row_is_found(
    register: RegisterUnderTest,
) -> None:
    """SQLite prefers such an index to the table itself."""
    with closing(sqlite3.connect(register.home / "store.db", timeout=60, isolation_level=None)) as store:
        token, record_id = store.execute(f"{_EACH} ORDER BY token LIMIT 1").fetchone()
        store.execute("BEGIN")
        store.execute("CREATE INDEX planted ON open_token (token, record_id)")
        store.execute("DELETE FROM open_token WHERE token = ?", (token,))
        row = (token, record_id)
        without_index(store, "planted", lambda: store.execute("INSERT INTO open_token VALUES (?, ?)", row))
        store.execute("COMMIT")
        looked_up = store.execute("SELECT record_id FROM open_token WHERE token = ?", (token,)).fetchall()
        assert looked_up == [], "a question finds nothing"
    assert compared(register) == [], "the table has all rows"
    with register.journal.reading() as view:
        assert list(planted(view)) == ["open_token has other indexes than the program makes"]


def test_statistics_of_somebody_else_are_found(register: RegisterUnderTest) -> None:
    with closing(sqlite3.connect(register.home / "store.db", timeout=60)) as store, store:
        store.execute("ANALYZE open_token")
    with register.journal.reading() as view:
        assert "the statistics sqlite_stat1 were made by somebody else" in list(planted(view))


def test_the_indexes_are_those_that_the_program_makes(register: RegisterUnderTest) -> None:
    assert INDEXES.keys() == COLUMNS.keys()
    with register.journal.reading() as view:
        assert list(planted(view)) == []


@pytest.mark.parametrize("done", CHANGES)
def test_a_row_that_a_search_goes_past_is_a_difference(register: RegisterUnderTest, done: str) -> None:
    assert compared(register) == []
    with closing(sqlite3.connect(register.home / "store.db", timeout=60, isolation_level=None)) as store:
        before = set(store.execute(_EACH).fetchall())
        store.execute("BEGIN")
        token = CHANGES[done](store)
        store.execute("COMMIT")
    with closing(sqlite3.connect(register.home / "store.db")) as store:
        assert set(store.execute(_EACH).fetchall()) == before, "whoever reads the table finds it whole"
        assert store.execute(_BY_KEY, (token,)).fetchone() == (0,), "a search does not find it"
    assert [found.split(" in bucket")[0] for found in compared(register)] == ["rows of open_token"]


def test_mending_puts_right_what_an_index_shows(register: RegisterUnderTest) -> None:
    with closing(sqlite3.connect(register.home / "store.db", timeout=60, isolation_level=None)) as store:
        store.execute("BEGIN")
        token = left_in_an_index(store)
        store.execute("COMMIT")
    register.close()
    check = RegisterCheck(register.home)
    assert [*check.pieces()]
    assert len(check.findings.differences) == 2, check.findings
    check.name()
    assert any("by which it is found are missing" in each for each in check.findings.named), check.findings
    check.mend(officer="李运维", reason="演练")
    again = RegisterCheck(register.home)
    assert [*again.pieces()]
    assert again.findings.differences == []
    with closing(sqlite3.connect(register.home / "store.db")) as store:
        assert store.execute(_BY_KEY, (token,)).fetchone() == (1,)
