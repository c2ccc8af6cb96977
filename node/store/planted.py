"""What somebody planted in the database file so that SQLite itself answers falsely: views, triggers, indexes.

A view in a table's place, or a column that is computed, can show one set of rows at one time and another at another, so
that no comparison of rows finds it. An index of somebody else can lead a search past rows that the table has, and
statistics can lead it to another index. The program makes none of these, and only triggers that keep tables
insert-only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from node.store.counted import COLUMNS

_INSERT_ONLY = re.compile(
    r"CREATE TRIGGER (\w+)_no_(update|delete) BEFORE (UPDATE|DELETE) ON \1\s+"
    r"BEGIN SELECT RAISE\(ABORT, '\1 is insert-only'\); END"
)
_OBJECTS = (
    "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE type IN ('view', 'trigger', 'table')"
)
_COMPUTED = "SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden"
_STATISTICS = "SELECT name FROM sqlite_master WHERE name LIKE 'sqlite_stat%'"
_INDEXES = "SELECT name, origin, partial FROM pragma_index_list(?)"
_INDEXED = "SELECT name FROM pragma_index_info(?) ORDER BY seqno"
#: The indexes of each table of the register: how each came to be ("pk" by the primary key, "u" by a unique column, "c"
#: by itself), whether it has some of the rows alone, and its columns.
INDEXES: Final[Mapping[str, Sequence[tuple[str, bool, tuple[str, ...]]]]] = {
    "open_record": [("pk", False, ("record_id",)), ("u", False, ("conviction",))],
    "sealed_record": [("pk", False, ("record_id",)), ("u", False, ("conviction",))],
    "withdrawn_record": [("pk", False, ("record_id",))],
    "record_event": [("pk", False, ("record_id", "version"))],
    "open_token": [("pk", False, ("token", "record_id")), ("c", False, ("record_id",))],
    "sealed_token": [("pk", False, ("token", "record_id")), ("c", False, ("record_id",))],
    "person_link": [("pk", False, ("merge_id", "token", "linked"))],
    "distinction": [("pk", False, ("person", "record")), ("u", False, ("distinction_id",))],
    "sealing_watch": [("pk", False, ("token", "key")), ("c", False, ("key",))],
    "sealing_received": [("pk", False, ("key",))],
    "sealing_proposed": [("pk", False, ("key",)), ("c", False, ("record_id",))],
    "officer": [("pk", False, ("id",)), ("c", True, ("person",))],
    "sealing_run": [("pk", False, ("id",))],
    "sealing_run_move": [("pk", False, ("run", "record_id")), ("c", False, ("record_id",))],
}


def planted(view: Connection) -> Iterator[str]:
    """Yield what is in the database that the program has not made."""
    for kind, name, sql in view.exec_driver_sql(_OBJECTS).all():
        if kind == "view":
            yield f"the view {name} was made by somebody else"
        elif kind == "trigger" and _INSERT_ONLY.fullmatch(sql) is None:
            yield f"the trigger {name} was made by somebody else"
        elif kind == "table" and sql.upper().startswith("CREATE VIRTUAL"):
            yield f"the virtual table {name} was made by somebody else"
    for table in COLUMNS:
        if view.exec_driver_sql(_COMPUTED, (table,)).scalar_one():
            yield f"{table} has a computed column"
        if (indexes := _indexes(view, table)) and indexes != sorted(INDEXES[table]):
            yield f"{table} has other indexes than the program makes"
    for name in view.exec_driver_sql(_STATISTICS).scalars().all():
        yield f"the statistics {name} were made by somebody else"


def _indexes(view: Connection, table: str) -> list[tuple[str, bool, tuple[str, ...]]]:
    """Return the indexes of a table in the form of `INDEXES`; none if there is no such table."""
    return sorted(
        (origin, bool(partial), tuple(map(str, view.exec_driver_sql(_INDEXED, (name,)).scalars())))
        for name, origin, partial in view.exec_driver_sql(_INDEXES, (table,)).all()
    )
