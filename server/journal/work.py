"""Commands in a transaction of the writer: what they may use, and what their callers get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy import Insert

from federation.charter.model import Charter
from server.journal.driver_text import insert_rows
from server.journal.log import PendingEntries
from server.journal.tally import Changes
from server.journal.view import View as View

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Committed(Generic[T]):
    """The value that a command returned, and the state of the log that accounts for it."""

    value: T
    log_size: int
    log_root: bytes
    #: The counts of `Work` for this command alone.
    changed: int = 0
    erased: bool = False


@dataclass(slots=True)
class Work:
    """The parts that a command may use: a view of the store, the charter in force, and the transaction's additions."""

    view: View
    log: PendingEntries
    #: The charter under which the command runs: the newest that the log names, this transaction included.
    charter: Charter
    rows: dict[Insert, list[dict[str, object]]] = field(default_factory=dict)
    #: The number of versions, of data that answers use, stored by the transaction.
    changed: int = 0
    #: Whether data was deleted that must leave the disk with the commit, including its old pages (R45).
    erased: bool = False
    #: The rows of the register that the transaction adds and takes away, for the tally.
    counted: Changes = field(default_factory=Changes)

    def add(self, statement: Insert, row: dict[str, object]) -> None:
        """Insert `row` when all commands of the transaction have run, together with those of the others."""
        self.rows.setdefault(statement, []).append(row)

    def flush(self) -> None:
        """Insert the added rows now: a command that looks for them may share the transaction with those that added."""
        for statement, rows in self.rows.items():
            insert_rows(self.view, statement, rows)
        self.rows.clear()


Command = Callable[[Work], T]
"""What runs in a transaction. It may be run again when the transaction failed for another, uses the charter of its
`Work` and no other, leaves encrypting, signing and calling out to before or after, and never calls `run`."""
