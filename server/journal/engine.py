"""Opening of the embedded database with the settings that durability and secrecy depend on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import QueuePool

from federation.errors import Unavailable

T = TypeVar("T")
#: For every connection. `recursive_triggers`: otherwise INSERT OR REPLACE would bypass the insert-only triggers;
#: `secure_delete`: deleted data is overwritten; `synchronous=FULL`: a commit is on the disk.
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "recursive_triggers=ON",
    "foreign_keys=ON",
    "busy_timeout=10000",
    "temp_store=MEMORY",
    "cache_size=-4000",
)


class EmbeddedDialect(SQLiteDialect_pysqlite):
    """SQLite whose transactions begin as `begins` says, and whose want of descriptors is an error that callers know.

    It overrides what could be had by listening to the engine, because with one listener SQLAlchemy looks for listeners
    at every step of every statement: a quarter of the time that the writer takes for a command.
    """

    supports_statement_cache = True
    #: The mode after BEGIN; "" for none, as a single statement is consistent without a transaction around it.
    begins = "DEFERRED"

    def connect(self, *given: Any, **named: Any) -> Any:
        """Return a new connection."""
        return _opened(super().connect, *given, **named)

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a transaction."""
        if self.begins:
            _opened(dbapi_connection.execute, f"BEGIN {self.begins}").close()

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run a statement."""
        _opened(cursor.execute, statement, parameters)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run a statement with many sets of parameters."""
        _opened(cursor.executemany, statement, parameters)

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit."""
        _opened(dbapi_connection.commit)


def _opened(call: Callable[..., T], *given: Any, **named: Any) -> T:
    """Return what `call` returns; raises `Unavailable` if it cannot open a file now (no free descriptor, say)."""
    try:
        return call(*given, **named)
    except sqlite3.Error as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_CANTOPEN:
            raise
        raise Unavailable(
            "the store cannot be opened now; ask again shortly", reason="STORE_NOT_OPENED"
        ) from error


def open_sqlite(path: Path, *, readers: int = 4) -> Engine:
    """Return an engine on the SQLite file at `path`, created readable by its owner only."""
    if not path.exists():
        path.touch(mode=0o600)
    registry.register("sqlite.hutong", __name__, EmbeddedDialect.__name__)
    engine = create_engine(
        URL.create("sqlite+hutong", database=str(path)),
        poolclass=QueuePool,
        pool_size=readers + 1,
        max_overflow=readers,
        connect_args={"check_same_thread": False, "isolation_level": None},
        hide_parameters=True,  # an error shows which statement failed, never its values
    )

    @event.listens_for(engine.pool, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        for pragma in _PRAGMAS:
            _opened(connection.execute, f"PRAGMA {pragma}").close()

    return engine


def beginning(engine: Engine, mode: str) -> Engine:
    """Return an engine over the same connections whose transactions begin in `mode`: "IMMEDIATE", or "" for none."""
    if not isinstance(engine.dialect, EmbeddedDialect):
        raise TypeError("an engine of `open_sqlite` is needed")
    other, dialect = engine.execution_options(), copy(engine.dialect)
    dialect.begins = mode
    other.dialect = dialect
    return other
