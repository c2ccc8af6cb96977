"""Where a copy cannot be written: one sentence for a full disk and one for a folder that may not be written."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from federation.errors import Unavailable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.ENOENT}
#: SQLite's own names of the same, and of a write that the disk did not take.
_SQLITE_FULL = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
_SQLITE_CLOSED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Raise `Unavailable` with the reason `NO_ROOM` or `NOT_WRITABLE` when `folder` does not take what is written."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _no_room(folder) from None
        if error.errno in _CLOSED:
            raise _closed(Path(error.filename or folder), os.strerror(error.errno)) from None
        raise


def insist_written(error: sqlite3.Error | DBAPIError, folder: Path, *, read: Path | None = None) -> None:
    """Raise the same where SQLite's error says that it could not write a copy in `folder`; else return.

    `read` is the folder of what is copied, if that one cannot be written: then it is named as what is closed.
    """
    own = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(own, "sqlite_errorcode", sqlite3.SQLITE_OK)
    if code in _SQLITE_FULL:
        raise _no_room(folder) from None
    if code & 0xFF in _SQLITE_CLOSED:
        raise _closed(read or folder, str(own)) from None


def _no_room(folder: Path) -> Unavailable:
    return Unavailable(
        f"there is no room for the copy in {folder}: make room there, or name another place, and begin again; "
        "nothing that was there before is changed",
        reason="NO_ROOM",
    )


def _closed(path: Path, why: str) -> Unavailable:
    return Unavailable(
        f"{path} cannot be written or read ({why}): see who owns it and how it is mounted, or name another place",
        reason="NOT_WRITABLE",
    )
