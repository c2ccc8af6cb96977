"""Checks of a store's files before SQLite opens them: whether there is a store, and its files belong together.

SQLite applies a write-ahead log (`store.db-wal`) to any database in the same folder, even to an older copy that
somebody put in its place. So each run of a server marks the database with a random number in a field of the file
header that SQLite leaves to applications (`user_version`), and keeps the same number in the file `store.run`; an
orderly stop sets the field to zero and removes the file. A log left over by a kill is applied only to a database
that carries the number of that run.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from federation.errors import Corrupt, Unavailable

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_RUN = slice(60, 64)
#: While a restore is being put in place, this file in the home says how (`server.stores.replacing`).
PLAN = "restore.plan"
#: The remedy when the store is not as the last run left it.
RESTORE = "restore the backup with `restore` (docs/operations.md, Backup and restore)"


@dataclass(frozen=True, slots=True)
class StoreFiles:
    """The database at `path`, and the files that belong to it."""

    path: Path

    @property
    def wal(self) -> Path:
        """SQLite's write-ahead log: present while a server runs, and after a kill."""
        return self.path.with_name(self.path.name + "-wal")

    @property
    def shm(self) -> Path:
        """SQLite's index of the write-ahead log; worthless without it."""
        return self.path.with_name(self.path.name + "-shm")

    @property
    def run(self) -> Path:
        """The numbers that the database may carry while it is in use."""
        return self.path.with_name("store.run")

    def unfinished(self) -> bool:
        """Say whether a restore was killed in the middle: its files are not all in their place."""
        return self.path.with_name(PLAN).exists()

    def insist_settled(self) -> None:
        """Raise `Unavailable` when a restore was killed in the middle."""
        if self.unfinished():
            raise Unavailable(
                f"a restore into {self.path.parent} was killed and is not finished: the same `restore` or `run` "
                "finishes it",
                reason="RESTORE_UNFINISHED",
            )

    def insist_there(self) -> None:
        """Raise `Unavailable` when there is no store, and `Corrupt` when the file is not an SQLite database."""
        self.insist_settled()
        try:
            size = self.path.stat().st_size
        except OSError:
            raise Unavailable(
                f"{self.path} is not there: {RESTORE}; only a new installation makes an empty one, with `init`",
                reason="STORE_MISSING",
            ) from None
        if size == 0:
            raise Unavailable(f"{self.path} is empty: {RESTORE}", reason="STORE_MISSING")
        if self._header()[: len(_MAGIC)] != _MAGIC:
            raise Corrupt(
                f"{self.path} is no database of Hutong: put the right file there, or {RESTORE}",
                reason="STORE_FOREIGN",
            )

    def insist_one_run(self) -> None:
        """Raise `Corrupt` when a left-over write-ahead log belongs to another database than the one here."""
        left = self.wal.exists() and self.wal.stat().st_size > 0
        if left and (known := self._known()) and self.number() not in known:
            raise Corrupt(
                f"{self.wal} belongs to another database than {self.path} beside it, which was put there since: "
                f"move {self.wal.name} and {self.shm.name} away if this copy is what you want, or {RESTORE}",
                reason="STORE_MIXED",
            )

    def left_open(self) -> bool:
        """Say whether the last run ended without an orderly stop, or the database was copied while in use."""
        return self.number() != 0 or self.run.exists() or (self.wal.exists() and self.wal.stat().st_size > 0)

    def number(self) -> int:
        """Return the number of the run that the database itself carries; zero after an orderly stop."""
        return int.from_bytes(self._header()[_RUN], "big", signed=True)

    def begin(self) -> int:
        """Record that the database will carry a new number, and return it; the old one stays valid until then."""
        number = secrets.randbelow(2**31 - 1) + 1
        self._note([*self._known(), self.number(), number])
        return number

    def begun(self, number: int) -> None:
        """Record that the database now carries `number`, and no other."""
        if self.number() == number:
            self._note([number])

    def ending(self) -> None:
        """Record that the database will carry zero soon."""
        self._note([*self._known(), self.number(), 0])

    def ended(self) -> None:
        """Remove the record of the run, which has stopped in order."""
        self.run.unlink(missing_ok=True)

    def _header(self) -> bytes:
        with self.path.open("rb") as file:
            return file.read(_HEADER).ljust(_HEADER, b"\0")

    def _known(self) -> list[int]:
        with contextlib.suppress(OSError, ValueError):
            return [int(line) for line in self.run.read_text("ascii").split()]
        return []

    def _note(self, numbers: list[int]) -> None:
        scratch = self.run.with_suffix(".new")
        with scratch.open("w", encoding="ascii") as file:
            file.write("".join(f"{number}\n" for number in numbers))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self.run)
