"""What runs in a transaction of the writer, what it may use, and what its caller gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from sqlalchemy import Connection, Insert

from federation.charter.model import Charter
from server.journal.log import Pending

T = TypeVar("T")
View: TypeAlias = Connection
"""One consistent look at the store. Only modules that hold SQL know what it is; others hand it to them."""


@dataclass(frozen=True, slots=True)
class Committed(Generic[T]):
    """What a command returned, and the state of the log that accounts for it."""

    value: T
    log_size: int
    log_root: bytes
    #: What `Work` counted of this command alone.
    changed: int = 0
    erased: bool = False


@dataclass(slots=True)
class Work:
    """What a command may use: a view of the store, the charter in force, and what the transaction adds."""

    view: View
    log: Pending
    #: The charter under which the command runs: the newest that the log names, this transaction included.
    charter: Charter
    rows: dict[Insert, list[dict[str, object]]] = field(default_factory=dict)
    #: How many versions of what is answered from the transaction stored: answers name their number as `as of`.
    changed: int = 0
    #: Whether something was deleted that must leave the disk with the commit, its old pages included (R45).
    erased: bool = False

    def add(self, statement: Insert, row: dict[str, object]) -> None:
        """Insert `row` when all commands of the transaction have run, together with those of the others."""
        self.rows.setdefault(statement, []).append(row)


Command = Callable[[Work], T]
"""What runs in a transaction. It may be run again when the transaction failed for another, uses the charter of its
`Work` and no other, leaves encrypting, signing and calling out to before or after, and never calls `run`."""
