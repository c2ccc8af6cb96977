"""The states that a stored log has had, one for each entry: to find the state that a commitment was made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from federation.errors import Unavailable
from federation.evidence.merkle import Frontier
from server.journal.schema import log_entry
from server.stores.files import StoreFiles
from server.stores.integrity import damaged, log_size
from server.stores.key_checks import check_value, kept_values
from server.stores.making import STORE

_PAGE = 1000


@dataclass(frozen=True)
class StoredStates:
    """The states of one stored log, oldest first; the log may grow meanwhile."""

    #: Entries when it was opened.
    size: int
    _engine: Engine

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Yield size and root after each entry, reading a page of entries at a time; raises `Corrupt`."""
        tree = Frontier()
        while tree.size < self.size:
            query = select(log_entry.c.leaf).where(log_entry.c.idx >= tree.size).order_by(log_entry.c.idx)
            with self._engine.connect() as connection:
                leaves = connection.execute(query.limit(min(_PAGE, self.size - tree.size))).scalars().all()
            if not leaves:
                raise damaged(f"entry {tree.size} of the log is missing")
            for leaf in leaves:
                tree.append(bytes(leaf))
                yield tree.size, tree.root()


@contextmanager
def stored_states(home: Path, key: bytes) -> Iterator[StoredStates]:
    """Read the log in `home`, where a server may be running, without writing to it.

    `key` makes the commitments of this store. Raises `Unavailable` or `Corrupt` when there is no whole store, or when
    the store knows that its key is another one.
    """
    files = StoreFiles(home / STORE)
    files.insist_there()
    place = f"{files.path.resolve().as_uri()}?mode=ro"
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(place, uri=True, check_same_thread=False),
        poolclass=NullPool,
    )
    try:
        with engine.connect() as connection:
            kept = kept_values(connection).get("commitment")
            if kept is not None and kept != check_value("commitment", key):
                raise Unavailable(
                    f"the key is not the one with which the store in {home} makes commitments",
                    reason="WRONG_KEY",
                )
            size = log_size(connection)
        yield StoredStates(size, engine)
    except SQLAlchemyError as error:
        raise damaged(f"SQLite cannot read it ({getattr(error, 'orig', None) or error})") from None
    finally:
        engine.dispose()
