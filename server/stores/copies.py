"""Backup of a running server's home, and restoring: the backup is checked first, and never mixed with former files."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from federation.errors import AlreadyExists, Corrupt, NotFound, Unavailable
from federation.values import clock
from server.homelock import exclusive
from server.journal.engine import open_sqlite
from server.keyfiles import load_keys
from server.stores.files import StoreFiles
from server.stores.integrity import damaged, log_size, quick_check, verify_log
from server.stores.key_checks import KeyKind, KeyRing, insist_own_keys, keep_missing_values
from server.stores.making import KEYS, STORE, mark_made, unmark_counted

#: Parts of a backup besides database and keys; absent ones are skipped.
_FILES = ("settings.toml", "signing.key")
_FOLDERS = ("documents", "charter")


def back_up(home: Path, into: Path, *, with_keys: bool) -> int:
    """Copy the home of a server, which may be running, into the new folder `into`; return the log's size.

    SQLite copies the database as of one moment; documents follow. Keys are copied only on request: they
    are best kept in other hands than the database. Raises `AlreadyExists`, `NotFound`, `Unavailable`, `Corrupt`.
    """
    files = StoreFiles(home / STORE)
    files.insist_there()
    if into.exists() and any(into.iterdir()):
        raise AlreadyExists(f"{into} is not empty: name a new folder for each backup")
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chmod(into, 0o700)
    copied = StoreFiles(into / STORE)
    _copy_database(files, copied)
    for name in _FILES:
        if (home / name).exists():
            shutil.copy2(home / name, into / name)
    for name in (*_FOLDERS, *([KEYS] if with_keys else [])):
        if (home / name).exists():
            _copy_folder(home / name, into / name)
    with _reading(copied) as size:
        return size


def restore(home: Path, source: Path, kinds: Sequence[KeyKind]) -> tuple[int, Path | None]:
    """Put the backup in `source` into `home`; return the log's size and the new place of the former files.

    The backup is checked first: every page, every entry of the log, and that the keys open it: those of the
    backup if it contains any, else those in `home`. The former database, its write-ahead log and documents are moved
    aside and kept. Raises `Unavailable` when a server runs on `home` or a key is wrong, and `Corrupt`.
    """
    found = StoreFiles(source / STORE)
    found.insist_there()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with exclusive(home):
        fresh = home / "restore.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        copied = StoreFiles(fresh / STORE)
        _copy_database(found, copied)
        _insist_readable(copied, _keys_for(home, source), kinds)
        with _reading(copied) as size:
            counted = has_tally(copied.path)
        _copy_into(source, fresh)
        aside = _move_aside(home, [path.name for path in fresh.iterdir()])
        for path in sorted(fresh.iterdir(), key=lambda path: path.name == STORE):
            path.rename(home / path.name)
        fresh.rmdir()
        mark_made(home / KEYS)
        if not counted:
            unmark_counted(home / KEYS)
        return size, aside


def _copy_database(source: StoreFiles, target: StoreFiles) -> None:
    """Copy a database by SQLite, and mark the copy as belonging to no run of a server."""
    target.path.touch(mode=0o600)
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{source.path}?mode=rw", uri=True, timeout=60)) as there,
            contextlib.closing(sqlite3.connect(target.path)) as here,
        ):
            there.backup(here)
            here.execute("PRAGMA user_version = 0")
            here.commit()
            here.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise damaged(f"SQLite cannot copy {source.path} ({error})") from None


def _keys_for(home: Path, source: Path) -> Path:
    folder = source / KEYS if (source / KEYS).is_dir() else home / KEYS
    if not folder.is_dir():
        raise NotFound(
            f"there are no keys in {source} and none in {home}: put the folder keys into {home} first"
        )
    return folder


def _insist_readable(files: StoreFiles, folder: Path, kinds: Sequence[KeyKind]) -> None:
    """Raise `Corrupt` or `Unavailable` when the database is not whole, or not opened by the keys."""
    try:
        ring = KeyRing(folder, load_keys(folder, [kind.name for kind in kinds]), kinds)
    except ValueError as error:
        raise Unavailable(str(error), reason="WRONG_KEY") from None
    engine = open_sqlite(files.path)
    try:
        with engine.begin() as connection:
            quick_check(connection)
            insist_own_keys(connection, ring)
            size = log_size(connection)
            keep_missing_values(connection, ring, at=clock.stamp(clock.now()))
        verify_log(engine.connect, ring.keys["journal"], start=0, end=size)
    except SQLAlchemyError as error:
        raise damaged(f"SQLite cannot read it ({getattr(error, 'orig', None) or error})") from None
    finally:
        engine.dispose()


@contextlib.contextmanager
def _reading(files: StoreFiles) -> Iterator[int]:
    """Yield the size of the log; afterwards the database has no write-ahead log."""
    engine = open_sqlite(files.path)
    try:
        with engine.connect() as connection:
            size = log_size(connection)
    except SQLAlchemyError as error:
        raise damaged(f"the copy cannot be read ({getattr(error, 'orig', None) or error})") from None
    finally:
        engine.dispose()
    if not size:
        raise Corrupt(f"{files.path} has no log: it is no copy of a server's store", reason="STORE_FOREIGN")
    yield size


def has_tally(path: Path) -> bool:
    """Say whether the database has a tally: one of an earlier program has none."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True)) as store:
        tables = store.execute("SELECT count(*) FROM sqlite_master WHERE name = 'tally_head'").fetchone()
        return bool(tables[0] and store.execute("SELECT count(*) FROM tally_head").fetchone()[0])


def _copy_into(source: Path, fresh: Path) -> None:
    for name in _FILES:
        if (source / name).exists():
            _copy_file(source / name, fresh / name)
    for name in (*_FOLDERS, KEYS):
        if (source / name).exists():
            _copy_folder(source / name, fresh / name)


def _copy_folder(source: Path, target: Path) -> None:
    """Copy a folder of a server that may be running: files that it removes meanwhile are skipped.

    Raises `Corrupt` at a symbolic link out of the folder, which would copy a file from elsewhere. A link inside it, as
    the charter's `root.json` is one, becomes the file that it leads to.
    """
    target.mkdir(mode=0o700)
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        with contextlib.suppress(FileNotFoundError):
            if path.is_dir() and not path.is_symlink():
                copy.mkdir(parents=True, exist_ok=True, mode=0o700)
            else:
                copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                _copy_file(path, copy, within=source)


def _copy_file(source: Path, target: Path, *, within: Path | None = None) -> None:
    """Copy a file, readable for its owner alone, whatever the umask and the mode it had.

    Raises `Corrupt` for a symbolic link that leads out of the folder `within`, or anywhere without one.
    """
    if source.is_symlink() and (within is None or not source.resolve().is_relative_to(within.resolve())):
        raise Corrupt(f"{source} is a symbolic link out of its folder: put the file itself in its place")
    shutil.copy2(source, target)
    target.chmod(0o600)


def _move_aside(home: Path, names: Sequence[str]) -> Path | None:
    """Move the files that the backup replaces, and all files of the former database, into a separate folder."""
    files = StoreFiles(home / STORE)
    # The write-ahead log goes before the database: without a database it is applied to nothing.
    belongs = [files.wal.name, files.shm.name, files.run.name, STORE]
    going = [name for name in dict.fromkeys([*belongs, *names]) if (home / name).exists()]
    if not going:
        return None
    aside = home / f"before-restore-{clock.now().strftime('%Y%m%dT%H%M%S%f')}"
    aside.mkdir(mode=0o700)
    for name in going:
        (home / name).rename(aside / name)
    return aside
