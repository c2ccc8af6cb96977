"""Which rows of the register are counted in the journal's tally, and how they are read to be compared with it.

Counted are the current records, open, sealed and withdrawn, the tokens by which they are found, and the number and
nonce of each stored version, whose content is bound to both; also the links between numbers of one person, by which
questions find more, the decisions by which a record is not a certain person's, the seals of other holders, by which
records are withheld, the seals proposed to them, the roll of officers, the runs over all records, and what these
moved. Disclosures are not counted: docs/threats.md says what a change there can do.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Table, select

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
    "distinction": ("person", "record", "distinction_id"),
    "sealing_watch": ("token", "key", "by_number"),
    "sealing_received": (
        "key",
        "proposal_id",
        "proposer",
        "rule",
        "received_at",
        "knows_number",
        "withdrawn",
    ),
    "sealing_proposed": (
        "key",
        "proposal_id",
        "record_id",
        "content",
        "proposed_at",
        "withdrawn",
        "withdrawing",
        _NONCE,
    ),
    "officer": ("id", "person", "removed", "body"),
    "sealing_run": ("id", "place", "body"),
    "sealing_run_move": ("record_id", "run", "version", "before", "after"),
}
#: Tables that earlier programs with a tally did not count, in the order in which they were added. Others go at the end.
LATER: Final = ("sealing_received", "sealing_proposed", "officer", "sealing_run", "sealing_run_move")
#: Counts, in the tally itself, how many of the later tables are counted.
EDITION: Final = "edition"
#: Tables whose keys are text.
_TEXT: Final = frozenset({"sealing_received", "sealing_proposed", "officer", "sealing_run"})
#: The least text of each bucket: its number in three hexadecimal digits.
_LOWEST_TEXT: Final = [f"{bucket:03x}" for bucket in range(BUCKETS)]
#: The tables with a data key in each row.
KEYED: Final = ("open_record", "sealed_record", "withdrawn_record")
#: What is counted with a row that does not lie where a search for its key looks.
_MISPLACED: Final = b"misplaced"
_KEY_INDEX: Final = (
    "SELECT its.name FROM pragma_index_list(?) AS its JOIN pragma_index_info(its.name) AS first ON first.seqno = 0 "
    "WHERE first.name = ? AND NOT its.partial ORDER BY its.origin = 'pk' DESC, its.name"
)
#: Counts the records whose keys are not bound to version and status yet; of an earlier program.
UNBOUND: Final = "unbound"


def count_in(work: Work, table: str, row: Mapping[str, Any]) -> None:
    """Count a row that the transaction adds."""
    values = _values(table, row)
    work.counted.add(table, _key(table, values[0]), row_bytes(values))
    if table in KEYED and not is_bound(row["wrapped_key"]):
        work.counted.add(UNBOUND, values[0], b"")


def count_out(work: Work, table: str, row: Mapping[str, Any]) -> None:
    """Stop counting a row that the transaction removes, as it was stored."""
    values = _values(table, row)
    work.counted.remove(table, _key(table, values[0]), row_bytes(values))
    if table in KEYED and not is_bound(row["wrapped_key"]):
        work.counted.remove(UNBOUND, values[0], b"")


@contextmanager
def recounted(work: Work, table: Table, keys: Collection[str | bytes]) -> Iterator[None]:
    """Count the rows under `keys` as they are when the context ends, in place of what they were when it began."""
    its = select(table).where(table.c[COLUMNS[table.name][0]].in_(keys))
    for row in work.view.execute(its).mappings().all():
        count_out(work, table.name, dict(row))
    yield
    for row in work.view.execute(its).mappings().all():
        count_in(work, table.name, dict(row))


def count_all(view: Connection, changes: Changes) -> None:
    """Begin the tally of a store with the rows that it has."""
    changes.first = True
    _count(view, changes, COLUMNS)
    _mark(changes, LATER)


def count_later(view: Connection, changes: Changes, counted: int) -> None:
    """Count the tables that were added later, except the first `counted`, in a tally that an earlier program began."""
    _count(view, changes, LATER[counted:])
    _mark(changes, LATER[counted:])


def _mark(changes: Changes, tables: Collection[str]) -> None:
    for table in tables:
        changes.add(EDITION, b"", table.encode())


def _count(view: Connection, changes: Changes, tables: Collection[str]) -> None:
    for table in tables:
        columns = COLUMNS[table]
        for key, values, _ in _rows(view, table, columns, 0, BUCKETS - 1):
            changes.add(table, key, row_bytes(values))
            if table in KEYED and not is_bound(values[columns.index("wrapped_key")]):
                changes.add(UNBOUND, key, b"")


def amounts(view: Connection, changes: Changes, table: str, first: int, last: int) -> Mapping[Place, Amount]:
    """Return what the rows of these buckets amount to; `changes` are empty ones of the tally.

    A row out of the order of the keys counts twice: a search for its key goes past it.
    """
    for key, values, misplaced in _rows(view, table, COLUMNS[table], first, last):
        changes.add(table, key, row_bytes(values))
        if misplaced:
            changes.add(table, key, _MISPLACED)
    return changes.amounts()


def by_key(view: Connection, table: str, columns: Collection[str], where: str = "") -> str:
    """Return the query for all rows of a table by the way on which questions search it: an index of its key.

    SQLite would read them from another index, if that has the columns; whoever changes the file can make the two
    differ.
    """
    key = COLUMNS[table][0]
    index = view.exec_driver_sql(_KEY_INDEX, (table, key)).scalar()
    path = f' INDEXED BY "{index}"' if index else ""
    return f"SELECT {', '.join(columns)} FROM {table}{path}{where} ORDER BY {key}"  # noqa: S608  # names of the schema


def _values(table: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(
        (row["body"] and row["body"][:NONCE_BYTES]) if name == _NONCE else row[name]
        for name in COLUMNS[table]
    )


def _key(table: str, key: Any) -> bytes:
    """Return the key of a row as bytes, by which its bucket is found.

    Text and bytes are in the order in which SQLite has them, so that a key of another form than those that are written
    belongs to the bucket of its neighbours, where it is one too many.
    """
    if table not in _TEXT:
        return key if isinstance(key, bytes) else b""
    if isinstance(key, str):
        return lowest(max(0, bisect_right(_LOWEST_TEXT, key) - 1))
    return lowest(BUCKETS - 1 if isinstance(key, bytes) else 0)


def _rows(
    view: Connection, table: str, columns: tuple[str, ...], first: int, last: int
) -> Iterator[tuple[bytes, tuple[Any, ...], bool]]:
    """Yield key and counted columns of the rows in these buckets, as they are read, and whether out of order."""
    key = columns[0]
    bounds, values = list[str](), list[bytes | str]()
    if first > 0:
        bounds.append(f"{key} >= ?")
        values.append(_LOWEST_TEXT[first] if table in _TEXT else lowest(first))
    if last < BUCKETS - 1:
        bounds.append(f"{key} < ?")
        values.append(_LOWEST_TEXT[last + 1] if table in _TEXT else lowest(last + 1))
    query = by_key(view, table, columns, f" WHERE {' AND '.join(bounds)}" if bounds else "")
    before: Any = None
    for row in view.exec_driver_sql(query, tuple(values)):
        misplaced = type(row[0]) is type(before) and row[0] < before
        yield _key(table, row[0]), tuple(row), misplaced
        before = row[0]
