"""A fresh store with the tables of one idea, opened without the server that would keep it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine

from federation.charter.model import Charter
from server.journal.cipher import Cipher
from server.journal.engine import open_sqlite
from server.journal.log import PendingEntries
from server.journal.migrating import Schema, bring_up_to_date
from server.journal.work import Work


@contextmanager
def fresh_engine(folder: Path, schema: Schema) -> Iterator[Engine]:
    """Yield an engine of a new SQLite file in which `schema` has been brought up to date."""
    engine = open_sqlite(folder / "store.db")
    with engine.begin() as connection:
        bring_up_to_date(connection, schema)
    yield engine
    engine.dispose()


@contextmanager
def fresh_connection(folder: Path, schema: Schema) -> Iterator[Connection]:
    """Yield a connection in a transaction on such a file."""
    with fresh_engine(folder, schema) as engine, engine.begin() as connection:
        yield connection


@contextmanager
def fresh_work(folder: Path, schema: Schema) -> Iterator[Work]:
    """Yield what a command on such a file gets."""
    with fresh_connection(folder, schema) as connection:
        yield working(connection)


def working(connection: Connection) -> Work:
    """Return what a command gets; nothing here looks at the log or the charter."""
    return Work(connection, PendingEntries(Cipher(bytes(32))), cast("Charter", None))
