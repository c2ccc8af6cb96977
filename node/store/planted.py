"""What somebody planted in the database file so that SQLite itself answers falsely: views, triggers, computed columns.

A view in a table's place, or a column that is computed, can show one set of rows at one time and another at another, so
that no comparison of rows finds it. The program makes neither, and only triggers that keep tables insert-only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
