"""Admission of a store to service: before any answer it must be present, whole, and opened by its own keys."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from federation.errors import Corrupt
from federation.values import clock
from server.journal.condition import Condition
from server.journal.engine import beginning, open_sqlite
from server.journal.journal import Journal
from server.stores.files import RESTORE, StoreFiles
from server.stores.integrity import NEWEST, damaged, log_size, quick_check, verify_log
from server.stores.key_checks import KeyRing, insist_own_keys, keep_missing_values
from server.stores.making import STORE, mark_made

_LOGGER = logging.getLogger(__name__)


class Admission:
    """An admitted store, with the older entries of its log that are still to be read."""

    def __init__(self, *, key: bytes, older: int) -> None:
        self._key = key
        self._older = older
        self._condition = Condition()

    @property
    def damaged(self) -> bool:
        """Say whether damage was found since admission."""
        return self._condition.damaged

    @contextmanager
    def watching(self, journal: Journal) -> Iterator[None]:
        """Read the older entries while the server serves; after an unreadable one the server gives no more answers."""
        self._condition = journal.condition
        stop = threading.Event()
        thread = threading.Thread(target=self._read, args=(journal, stop), name="old-entries", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _read(self, journal: Journal, stop: threading.Event) -> None:
        try:
            engine = beginning(journal.engine, "")
            verify_log(engine.connect, self._key, start=0, end=self._older, stopped=lambda: stop.wait(0.005))
        except Corrupt as error:
            self._condition.found(error.message)
        except Exception as error:  # entries that nobody has read vouch for nothing
            _LOGGER.exception("reading the older entries failed")
            self._condition.found(f"the older entries of the log cannot be read ({type(error).__name__})")


@contextmanager
def admitted(home: Path, ring: KeyRing) -> Iterator[Admission]:
    """Check the store in `home` and hold it in use until the context ends; the home must be locked.

    Raises `Unavailable` or `Corrupt`, each with one sentence that names the file and says what to do, when the
    store is missing, empty, another program's, mixed with an older copy, damaged, or not opened by its keys.
    """
    files = StoreFiles(home / STORE)
    files.insist_there()
    files.insist_one_run()
    left_open = files.left_open()
    engine = open_sqlite(files.path)
    try:
        older = _examine(engine, files, ring, left_open=left_open)
        number = files.begin()
        _carry(engine, number)
    except SQLAlchemyError as error:
        raise damaged(f"SQLite cannot read it ({getattr(error, 'orig', None) or error})") from None
    finally:
        engine.dispose()
    files.begun(number)
    mark_made(ring.folder)
    admission = Admission(key=ring.keys["journal"], older=older)
    try:
        yield admission
    finally:
        if not admission.damaged:
            _leave(files)


def _examine(engine: Engine, files: StoreFiles, ring: KeyRing, *, left_open: bool) -> int:
    """Return how many entries of the log are still to be read; raises `Unavailable` or `Corrupt`."""
    with engine.begin() as connection:
        if not inspect(connection).has_table("log_entry"):
            raise Corrupt(
                f"{files.path} is no database of Hutong: put the right file there, or {RESTORE}",
                reason="STORE_FOREIGN",
            )
        if left_open:
            seconds = quick_check(connection)
            _LOGGER.info("the last stop was not in order; the database was checked in %.1f s", seconds)
        insist_own_keys(connection, ring)
        size = log_size(connection)
        if not size:
            raise damaged(f"the log in {files.path} is empty")
        keep_missing_values(connection, ring, at=clock.stamp(clock.now()))
    start = max(0, size - NEWEST)
    verify_log(engine.connect, ring.keys["journal"], start=start, end=size)
    return start


def _leave(files: StoreFiles) -> None:
    """Mark the database as stopped in order; if that fails now, the next start checks it instead."""
    try:
        files.ending()
        engine = open_sqlite(files.path)
        try:
            _carry(engine, 0)
        finally:
            engine.dispose()
        files.ended()
    except (OSError, SQLAlchemyError) as error:
        _LOGGER.warning("the next start will check the whole database: %s", error)


def _carry(engine: Engine, number: int) -> None:
    """Write the number of a run into the database, and out of the write-ahead log into its file."""
    with engine.begin() as connection:
        connection.execute(text(f"PRAGMA user_version = {number}"))
    with beginning(engine, "").connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
