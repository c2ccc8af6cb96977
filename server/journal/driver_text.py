"""Statements as text for the driver, composed once: for those that run with every question.

SQLAlchemy prepares each execution of a statement anew, its parameters one by one. With the fifteen tokens of a question
that takes several times as long as SQLite takes to answer. A text is made once for each number of values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import CursorResult, Insert, Integer, LargeBinary, SelectBase, String
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.compiler import SQLCompiler

from server.journal.view import View

#: Types whose values the driver takes and returns as they are.
_PLAIN: Final = (Integer, LargeBinary, String)
_MARK: Final = "?"


def insert_rows(view: View, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns; raises `TypeError` for a table with other than plain columns."""
    text, names, values = _insertion(statement, tuple(rows[0]))
    if values:
        rows = [{**values, **row} for row in rows]
    view.exec_driver_sql(text, [tuple([row[name] for name in names]) for row in rows])


class Selection:
    """A query with one list of values and otherwise single ones, such as all rows under any of some tokens."""

    def __init__(self, query: SelectBase, values: str) -> None:
        """`values` is the name of the bound parameter that is a list (`expanding`)."""
        compiled = _compiled(query)
        self._values = values
        self._names = tuple(compiled.positiontup or ())
        self._own = compiled.params
        self._pieces = tuple(str(compiled).split(f"(__[POSTCOMPILE_{values}])"))
        if len(self._pieces) != self._names.count(values) + 1 or len(self._pieces) < 2:
            raise TypeError(f"the query does not take a list named {values}")

    def run(self, view: View, values: Collection[Any], **single: Any) -> CursorResult[Any]:
        """Return the rows for these values, of which there is at least one."""
        each = {**self._own, **single}
        given: list[Any] = []
        for name in self._names:
            if name == self._values:
                given += values
            else:
                given.append(each[name])
        return view.exec_driver_sql(_marks(len(values)).join(self._pieces), tuple(given))


@lru_cache(maxsize=256)
def _marks(number: int) -> str:
    return f"({', '.join([_MARK] * number)})"


@lru_cache(maxsize=256)
def _insertion(statement: Insert, columns: tuple[str, ...]) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
    """Return the text, the names of its values in their order, and the values that the statement has itself."""
    others = [column.name for column in statement.table.c if not isinstance(column.type, _PLAIN)]
    if others:
        raise TypeError(f"{statement.table} has columns that need SQLAlchemy: {', '.join(others)}")
    compiled = _compiled(statement, list(columns))
    own = {name: value for name, value in compiled.params.items() if name not in columns}
    return str(compiled), tuple(compiled.positiontup or ()), own


def _compiled(statement: Insert | SelectBase, columns: list[str] | None = None) -> SQLCompiler:
    compiled = statement.compile(dialect=SQLiteDialect_pysqlite(paramstyle="qmark"), column_keys=columns)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"no statement: {statement}")
    return compiled
