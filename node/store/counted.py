"""Which rows of the register are counted in the journal's tally, and how they are read to be compared with it.

Counted are the current records, open, sealed and withdrawn, the tokens by which they are found, and the number and
nonce of each stored version, whose content is bound to both; also the links between numbers of one person, by which
questions find more, and the seals of other holders, by which records are withheld.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from node.store.vault import is_bound
from server.journal.cipher import NONCE_BYTES
from server.journal.tally import BUCKETS, Amount, Changes, Place, lowest, row_bytes
from server.journal.work import Work

_CURRENT = (
    "record_id",
    "version",
    "conviction",
    "content",
    "wrapped_key",
    "entered_at",
    "entry",
    "record_class",
)
_NONCE = f"substr(body, 1, {NONCE_BYTES})"
#: The columns that are counted; the first is the key.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "open_record": _CURRENT,
    "sealed_record": (*_CURRENT, "status"),
    "withdrawn_record": ("record_id", "version", "wrapped_key"),
    "record_event": ("record_id", "version", _NONCE),
    "open_token": ("token", "record_id"),
    "sealed_token": ("token", "record_id"),
    "person_link": ("merge_id", "token", "linked"),
    "sealing_watch": ("token", "key", "by_number"),
}
#: The tables with a data key in each row.
KEYED: Final = ("open_record", "sealed_record", "withdrawn_record")
#: Counts the records whose keys are not bound to version and status yet; of an earlier program.
UNBOUND: Final = "unbound"


def count_in(work: Work, table: str, row: Mapping[str, Any]) -> None:
    """Count a row that the transaction adds."""
    values = _values(table, row)
    work.counted.add(table, values[0], row_bytes(values))
    if table in KEYED and not is_bound(row["wrapped_key"]):
        work.counted.add(UNBOUND, values[0], b"")


def count_out(work: Work, table: str, row: Mapping[str, Any]) -> None:
    """Count a row no longer that the transaction takes away, as it was stored."""
    values = _values(table, row)
    work.counted.remove(table, values[0], row_bytes(values))
    if table in KEYED and not is_bound(row["wrapped_key"]):
        work.counted.remove(UNBOUND, values[0], b"")


def count_all(view: Connection, changes: Changes) -> None:
    """Begin the tally of a store with the rows that it has."""
    changes.first = True
    for table, columns in COLUMNS.items():
        for key, values in _rows(view, table, columns, 0, BUCKETS - 1):
            changes.add(table, key, row_bytes(values))
            if table in KEYED and not is_bound(values[columns.index("wrapped_key")]):
                changes.add(UNBOUND, key, b"")


def amounts(view: Connection, changes: Changes, table: str, first: int, last: int) -> Mapping[Place, Amount]:
    """Return what the rows of these buckets amount to; `changes` are empty ones of the tally."""
    for key, values in _rows(view, table, COLUMNS[table], first, last):
        changes.add(table, key, row_bytes(values))
    return changes.amounts()


def _values(table: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row["body"][:NONCE_BYTES] if name == _NONCE else row[name] for name in COLUMNS[table])


def _rows(
    view: Connection, table: str, columns: tuple[str, ...], first: int, last: int
) -> Iterator[tuple[bytes, tuple[Any, ...]]]:
    """Yield key and counted columns of the rows in these buckets, as the driver reads them.

    A key of another type than those that are written belongs to the first bucket, where it is one too many.
    """
    key = columns[0]
    query = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608  # names of this module
    bounds, values = [], []
    if first > 0:
        bounds.append(f"{key} >= ?")
        values.append(lowest(first))
    if last < BUCKETS - 1:
        bounds.append(f"{key} < ?")
        values.append(lowest(last + 1))
    if bounds:
        query += " WHERE " + " AND ".join(bounds)
    for row in view.exec_driver_sql(query, tuple(values)):
        yield row[0] if isinstance(row[0], bytes) else b"", tuple(row)
