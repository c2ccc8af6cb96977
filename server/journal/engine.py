"""Opening of the embedded database with the settings that durability and secrecy depend on."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, ExceptionContext, create_engine, event
from sqlalchemy.pool import QueuePool

from federation.errors import Unavailable

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


def open_sqlite(path: Path, *, readers: int = 4) -> Engine:
    """Return an engine on the SQLite file at `path`, created readable by its owner only."""
    if not path.exists():
        path.touch(mode=0o600)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=readers + 1,
        max_overflow=readers,
        connect_args={"check_same_thread": False, "isolation_level": None},
        hide_parameters=True,  # an error shows which statement failed, never its values
    )

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        mode = connection.get_execution_options().get("hutong_begin", "DEFERRED")
        if mode:  # a single statement is consistent without a transaction around it
            connection.exec_driver_sql(f"BEGIN {mode}")

    @event.listens_for(engine, "handle_error")
    def _cannot_open(context: ExceptionContext) -> None:
        """Raise an error that callers understand when the store cannot be opened now (no free descriptor, say)."""
        error = context.original_exception
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN:
            raise Unavailable(
                "the store cannot be opened now; ask again shortly", reason="STORE_NOT_OPENED"
            ) from error

    return engine
