"""One database of a server: copied as of one moment, and examined before anybody relies on the copy."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from federation.errors import Corrupt, NotFound, Unavailable
from federation.values import clock
from server.journal import schema
from server.journal.engine import open_sqlite
from server.journal.migrating import Schema, insist_known
from server.keyfiles import load_keys
from server.stores.files import StoreFiles
from server.stores.integrity import damaged, log_size, quick_check, verify_log
from server.stores.key_checks import KeyKind, KeyRing, insist_own_keys, keep_missing_values
from server.stores.room import insist_written
from server.stores.schema import SCHEMA


def copy_database(source: StoreFiles, target: StoreFiles) -> None:
    """Copy a database by SQLite, and mark the copy as belonging to no run of a server.

    What was committed before the call is in the copy. The source may lie where nobody writes, as on a disk that is
    mounted read-only. Raises `Unavailable` where the copy cannot be written, and `Corrupt`.
    """
    source.insist_one_run()  # SQLite would mix another database's write-ahead log into the copy
    place = _place(source)
    target.path.touch(mode=0o600)
    try:
        with (
            contextlib.closing(sqlite3.connect(place, uri=True, timeout=60)) as there,
            contextlib.closing(sqlite3.connect(target.path)) as here,
        ):
            there.backup(here)
            here.execute("PRAGMA user_version = 0")
            here.commit()
            here.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        insist_written(error, target.path.parent, read=None if _writable(source) else source.path.parent)
        raise damaged(f"SQLite cannot copy {source.path} ({error})") from None


def _place(source: StoreFiles) -> str:
    """Return how SQLite opens a database to copy it.

    It makes an index and a write-ahead log in the same folder. Where it cannot, it must be assured that nobody changes
    the database: nobody does if there is neither of them.
    """
    changes = _writable(source) or source.wal.exists() or source.shm.exists()
    return f"{source.path.resolve().as_uri()}?{'mode=rw' if changes else 'mode=ro&immutable=1'}"


def _writable(files: StoreFiles) -> bool:
    return os.access(files.path.parent, os.W_OK) and os.access(files.path, os.W_OK)


def examine(
    files: StoreFiles,
    folder: Path,
    kinds: Sequence[KeyKind],
    schemas: Sequence[Schema],
    *,
    live: bool = False,
) -> int:
    """Check every page, every entry of the log against its checkpoints, and that the keys in `folder` open it.

    Returns the log's size. A `live` database, on which a server may run, is read alone; a copy gets the check values
    of keys that it lacks. Raises `Corrupt` when it is not whole, or a later program's; `Unavailable` for a wrong key.
    """
    files.insist_there()
    files.insist_one_run()
    engine = open_sqlite(files.path)
    try:
        return _examined(engine, files, folder, kinds, schemas, live=live)
    except SQLAlchemyError as error:
        raise damaged(f"SQLite cannot read it ({getattr(error, 'orig', None) or error})") from None
    finally:
        engine.dispose()


def _examined(
    engine: Engine,
    files: StoreFiles,
    folder: Path,
    kinds: Sequence[KeyKind],
    schemas: Sequence[Schema],
    *,
    live: bool,
) -> int:
    with engine.begin() as connection:
        quick_check(connection)
        if not inspect(connection).has_table("log_entry") or not (size := log_size(connection)):
            raise Corrupt(
                f"{files.path} has no log: it is no copy of a server's store", reason="STORE_FOREIGN"
            )
        for each in (schema.SCHEMA, SCHEMA, *schemas):
            insist_known(connection, each)
        ring = _ring(folder, kinds)
        insist_own_keys(connection, ring)
        if not live:
            keep_missing_values(connection, ring, at=clock.stamp(clock.now()))
    verify_log(engine.connect, ring.keys["journal"], start=0, end=size)
    return size


def _ring(folder: Path, kinds: Sequence[KeyKind]) -> KeyRing:
    if not folder.is_dir():
        raise NotFound(
            f"there are no keys in {folder}: put that folder there first, from the copy of the keys"
        )
    try:
        return KeyRing(folder, load_keys(folder, [kind.name for kind in kinds]), kinds)
    except ValueError as error:
        raise Unavailable(str(error), reason="WRONG_KEY") from None


def has_tally(path: Path) -> bool:
    """Say whether the database has a tally: one of an earlier program has none."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True)) as store:
        tables = store.execute("SELECT count(*) FROM sqlite_master WHERE name = 'tally_head'").fetchone()
        return bool(tables[0] and store.execute("SELECT count(*) FROM tally_head").fetchone()[0])
