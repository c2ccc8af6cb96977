"""The embedded database begins transactions as it is told, and pays for no listener at every statement."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from federation.errors import Unavailable
from server.journal.engine import beginning, open_sqlite


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_sqlite(tmp_path / "store.db")
    with opened.begin() as connection:
        connection.execute(text("CREATE TABLE kept (number INTEGER)"))
    yield opened
    opened.dispose()


def writes_elsewhere(path: Path) -> bool:
    """Say whether another connection can write now."""
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        other.execute("INSERT INTO kept VALUES (1)")
    except sqlite3.OperationalError:
        return False
    finally:
        other.close()
    return True


@pytest.mark.parametrize(("mode", "inside", "writable"), [("IMMEDIATE", True, False), ("", False, True)])
def test_a_transaction_begins_in_the_mode_of_its_engine(
    engine: Engine, tmp_path: Path, mode: str, *, inside: bool, writable: bool
) -> None:
    with beginning(engine, mode).connect() as connection:
        connection.execute(text("SELECT 1"))
        assert connection.connection.dbapi_connection is not None
        assert getattr(connection.connection.dbapi_connection, "in_transaction") is inside  # noqa: B009
        assert writes_elsewhere(tmp_path / "store.db") is writable


def test_a_view_shows_one_moment_however_many_statements_read_it(engine: Engine, tmp_path: Path) -> None:
    count = text("SELECT count(*) FROM kept")
    with engine.connect() as view:
        assert view.execute(count).scalar_one() == 0
        assert writes_elsewhere(tmp_path / "store.db")
        assert view.execute(count).scalar_one() == 0
    with engine.connect() as view:
        assert view.execute(count).scalar_one() == 1


def test_nothing_listens_to_the_engine(engine: Engine) -> None:
    for each in (engine, beginning(engine, "IMMEDIATE")):
        assert not each._has_events, "then SQLAlchemy looks for listeners at each step of each statement"
        assert not each.dialect._has_events


def test_a_store_that_cannot_be_opened_is_an_error_that_callers_know(tmp_path: Path) -> None:
    os.mkdir(tmp_path / "store.db")
    engine = open_sqlite(tmp_path / "store.db")
    with pytest.raises(Unavailable) as refused, engine.connect():
        pass
    assert refused.value.reason == "STORE_NOT_OPENED"


def test_any_other_error_stays_what_it_is(engine: Engine) -> None:
    with pytest.raises(OperationalError), engine.begin() as connection:
        connection.execute(text("SELECT * FROM nowhere"))


def test_only_our_own_engines_begin_otherwise() -> None:
    with pytest.raises(TypeError):
        beginning(create_engine("sqlite://"), "IMMEDIATE")
