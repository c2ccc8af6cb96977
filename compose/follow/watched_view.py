"""A view of another system's database, read by its cursor: each row is taken once, also one that comes late.

A row may be committed after others with a greater cursor, since its transaction lasted longer. So each look begins
below the last row: at the lowest of the rows that are remembered by their digests, as many as the map says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from compose.follow.last_rows import LastRows
from compose.follow.spool import Spool
from compose.follow.view_rows import as_line
from compose.follow.view_store import ViewStore

#: Rows of one part, and characters after which it takes no further row.
MOST_ROWS: Final = 5_000
MOST_CHARACTERS: Final = 16 * 1024 * 1024


class WatchedView:
    """Gives the next rows of a view that have not been taken."""

    def __init__(
        self,
        store: ViewStore,
        spool: Spool,
        *,
        name: str,
        cursor: str,
        look_back: int,
        fit: Callable[[Sequence[str]], None],
        report: Callable[[int], None],
    ) -> None:
        """`fit` raises `InvalidRequest` unless the columns fit the map.

        A row that comes late is looked for among the last `look_back` rows; at 0, among those with the last cursor.
        `report` gets the number of rows without a cursor, which no order reaches, when it changes.
        """
        self._store, self._spool, self._name, self._cursor = store, spool, name, cursor
        self._look_back, self._fit = look_back, fit
        self._report, self._missed = report, 0

    def next(self) -> Path | None:
        """Begin the next part and return it; None when nothing is there to be taken now. Raises `Unavailable`."""
        columns = self._store.columns()
        self._fit(columns)
        missed = self._store.without_cursor()
        if missed != self._missed:
            self._missed = missed
            self._report(missed)
        last = LastRows(self._spool.taken, self._look_back, of=(self._name, self._cursor))
        lines, length = list[str](), 0
        for row in last.fresh(self._store.rows(columns, last.since), self._cursor):
            lines.append(as_line(row))
            length += len(lines[-1])
            if len(lines) == MOST_ROWS or length > MOST_CHARACTERS:
                break
        if not lines:
            return None
        part = self._spool.write(f"{self._name.replace('/', '_')}.jsonl", "\n".join(lines) + "\n")
        self._spool.begin(part, last.taken())
        return part

    @property
    def waits(self) -> bool:
        """Whether something is there that may not be whole yet: rows of a view always are."""
        return False
