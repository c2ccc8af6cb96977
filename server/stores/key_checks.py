"""Check values of a store's secret keys: with a key that is not the store's own, the server does not start.

With another look-up key a node would find nobody and answer "no record" in good faith. So the store keeps, for
each key, an HMAC of the key's name under it. A store of an earlier program has none: they are made once the keys
have opened its content.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, inspect, text

from federation.errors import Corrupt, Unavailable
from server.journal.migrating import bring_up_to_date
from server.stores.files import RESTORE
from server.stores.schema import SCHEMA, key_check

_LOGGER = logging.getLogger(__name__)
_LABEL = b"hutong key check\x1f"
#: Rows that are tried before a key counts as wrong: one may be damaged.
_ROWS = 50


@dataclass(frozen=True)
class KeyKind:
    """One key of a store: its name, the tables whose rows need it, and the test by rows whether it is the right one.

    `opens` yields, row by row, whether the keys (by name) open the row or reproduce its tokens. It may yield nothing
    although there are rows, if these prove nothing, such as tokens of erased records.
    """

    name: str
    tables: Sequence[str]
    opens: Callable[[Connection, Mapping[str, bytes]], Iterator[bool]]

    def used(self, connection: Connection) -> bool:
        """Say whether the store has any rows that need this key."""
        return any(True for table in self.tables for _ in rows(connection, f"SELECT 1 FROM {table} LIMIT 1"))  # noqa: S608


@dataclass(frozen=True, repr=False)
class KeyRing:
    """The keys in `folder` that one store needs; never printed."""

    folder: Path
    keys: Mapping[str, bytes]
    kinds: Sequence[KeyKind]

    def file(self, name: str) -> Path:
        """Return the file of the key `name`."""
        return self.folder / f"{name}.key"


def check_value(name: str, key: bytes) -> bytes:
    """Return the check value of a key: HMAC-SHA-256 of its name, from which the key cannot be derived."""
    return hmac.digest(key, _LABEL + name.encode(), "sha256")


def kept_values(connection: Connection) -> dict[str, bytes]:
    """Return the check values in the store by the key's name; none in a store of an earlier program."""
    return {name: bytes(value) for name, value in rows(connection, "SELECT name, value FROM key_check")}


def insist_own_keys(connection: Connection, ring: KeyRing) -> None:
    """Raise `Unavailable` naming each key file that is not this store's, as far as there are check values."""
    kept = kept_values(connection)
    if unknown := sorted(kept.keys() - {kind.name for kind in ring.kinds}):
        raise Corrupt(
            f"the store has keys that this program does not know ({', '.join(unknown)}): it belongs to another "
            "kind of server, or to a later program",
            reason="STORE_FOREIGN",
        )
    wrong = [name for name in ring.keys if name in kept and check_value(name, ring.keys[name]) != kept[name]]
    if wrong:
        raise Unavailable("; ".join(_wrong(name, ring, kept) for name in wrong), reason="WRONG_KEY")


def keep_missing_values(connection: Connection, ring: KeyRing, *, at: str) -> None:
    """Make the check values that the store lacks, once each key has opened its content; raises `Unavailable`."""
    bring_up_to_date(connection, SCHEMA)
    kept = kept_values(connection)
    for kind in ring.kinds:
        if kind.name in kept:
            continue
        tried = list(islice(kind.opens(connection, ring.keys), _ROWS))
        if tried and not any(tried):
            raise Unavailable(
                f"{ring.file(kind.name)} does not open what the store holds: put back the key file of this store "
                "from the backup",
                reason="WRONG_KEY",
            )
        if not tried and kind.used(connection):
            _LOGGER.warning("no row of the store can show that %s belongs to it", ring.file(kind.name))
        keep_value(connection, kind.name, ring.keys[kind.name], at=at)


def keep_value(connection: Connection, name: str, key: bytes, *, at: str) -> None:
    """Keep the check value of one key."""
    row = {"name": name, "value": check_value(name, key), "kept_at": at}
    connection.execute(insert(key_check), row)


def rows(connection: Connection, query: str, most: int = _ROWS) -> list[tuple[Any, ...]]:
    """Return at most so many rows; none when the table is not there, as in a store of an earlier program."""
    table = query.partition(" FROM ")[2].split()[0]
    if not inspect(connection).has_table(table):
        return []
    return [tuple(row) for row in connection.execute(text(query)).fetchmany(most)]


def _wrong(name: str, ring: KeyRing, kept: Mapping[str, bytes]) -> str:
    """Return a sentence on the wrong file, and on its content as far as that can be recognised."""
    other = next((n for n in kept if n != name and check_value(n, ring.keys[name]) == kept[n]), None)
    if other is not None:
        return f"{ring.file(name)} holds the key that belongs in {other}.key: put each key into its own file"
    return f"{ring.file(name)} is not the key of this store: put it back from the backup, or {RESTORE}"
