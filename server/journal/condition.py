"""The log's condition: once an entry of the log cannot be read, the server gives no more answers."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, NoResultFound

from federation.errors import CannotAccount, Corrupt

_LOGGER = logging.getLogger(__name__)
#: SQLite's primary result codes for a damaged file.
_CORRUPT, _NOT_A_DATABASE = 11, 26


class Condition:
    """The known condition of the log; damage is permanent until the store is restored and the server restarted."""

    def __init__(self) -> None:
        self._damage = ""

    @property
    def damaged(self) -> bool:
        """Say whether damage was found."""
        return bool(self._damage)

    def insist(self) -> None:
        """Raise `CannotAccount` once damage was found."""
        if self._damage:
            raise CannotAccount(
                f"cannot account for this: {self._damage}; nothing was done, the operator must restore the store"
            )

    def found(self, damage: str) -> None:
        """Record damage, once, and report it on standard error."""
        if not self._damage:
            self._damage = damage
            _LOGGER.error("nothing is answered any more: %s", damage)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read the log inside the context; a failure to read is recorded as damage and raised as `CannotAccount`."""
        try:
            yield
        except NoResultFound as error:
            self._fail("an entry of the log cannot be read", error)
        except Corrupt as error:
            self._fail(error.message, error)
        except DatabaseError as error:
            if not is_damage(error):
                raise
            self._fail("the database file is damaged", error)

    def _fail(self, damage: str, error: Exception) -> None:
        self.found(damage)
        raise CannotAccount(f"cannot account for this: {damage}") from error


def is_damage(error: BaseException) -> bool:
    """Say whether SQLite found the file itself damaged, rather than full, locked or not writable."""
    cause = error.orig if isinstance(error, DatabaseError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return (
        isinstance(cause, sqlite3.DatabaseError)
        and code is not None
        and code & 0xFF
        in (
            _CORRUPT,
            _NOT_A_DATABASE,
        )
    )
