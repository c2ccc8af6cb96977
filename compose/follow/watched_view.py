"""A view of another system's database, read by its cursor: each row is taken once, also among equal cursors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from compose.follow.spool import Spool
from compose.follow.view_store import ViewStore
from federation.errors import InvalidRequest

#: Rows of one part, and characters after which it takes no further row.
MOST_ROWS: Final = 5_000
MOST_CHARACTERS: Final = 16 * 1024 * 1024
_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "plain": lambda value: value,
}


class WatchedView:
    """Gives the next rows of a view that have not been taken."""

    def __init__(
        self,
        store: ViewStore,
        spool: Spool,
        *,
        name: str,
        cursor: str,
        fit: Callable[[Sequence[str]], None],
        told: Callable[[int], None],
    ) -> None:
        """`fit` raises `InvalidRequest` unless the columns fit the map.

        `told` gets the number of rows without a value in the cursor's column, which no order reaches, when it changes.
        """
        self._store, self._spool, self._name, self._cursor = store, spool, name, cursor
        self._fit, self._told, self._missed = fit, told, 0

    def next(self) -> Path | None:
        """Begin the next part and return it; None when nothing is there to be taken now. Raises `Unavailable`."""
        columns = self._store.columns()
        self._fit(columns)
        missed = self._store.without_cursor()
        if missed != self._missed:
            self._missed = missed
            self._told(missed)
        taken = self._spool.taken
        last, there = _cursor_of(taken), set(taken.get("at_cursor", ()))
        fresh = self._fresh(columns, last, there)
        first = next(fresh, None)
        if first is None:
            return None
        lines, at, length = list[str](), list[str](taken.get("at_cursor", ())), 0
        for row, digest in islice(chain([first], fresh), MOST_ROWS):
            if row[self._cursor] != last:
                last, at = row[self._cursor], []
            at.append(digest)
            lines.append(json.dumps({name: _cell(value) for name, value in row.items()}, ensure_ascii=False))
            length += len(lines[-1])
            if length > MOST_CHARACTERS:
                break
        part = self._spool.write(f"{self._name.replace('/', '_')}.jsonl", "\n".join(lines) + "\n")
        self._spool.begin(part, {"cursor": _written(last), "at_cursor": at})
        return part

    @property
    def waits(self) -> bool:
        """Whether something is there that may not be whole yet: rows of a view always are."""
        return False

    def _fresh(
        self, columns: Sequence[str], last: Any, there: set[str]
    ) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Yield the rows from `last` on that were not taken, with their digests; the same row once."""
        now_at, at = last, there
        for row in self._store.rows(columns, last):
            if row[self._cursor] != now_at:
                now_at, at = row[self._cursor], set()
            digest = _digest(row)
            if digest not in at:
                at.add(digest)
                yield row, digest


def _digest(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(
        json.dumps({name: _cell(value) for name, value in row.items()}, sort_keys=True).encode()
    ).hexdigest()[:32]


def _cell(value: Any) -> str | int | float | None:
    """Return a value of a database as a cell of a table."""
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, datetime):
        return (
            value.date().isoformat() if value.time() == time.min and not value.tzinfo else value.isoformat()
        )
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, date) else str(value)


def _written(value: Any) -> dict[str, Any]:
    """Return the value of a cursor as JSON that keeps its kind; raises `InvalidRequest` for one without an order."""
    for kind, known in (("datetime", datetime), ("date", date)):
        if isinstance(value, known):
            return {"kind": kind, "value": value.isoformat()}
    if isinstance(value, Decimal):
        return {"kind": "decimal", "value": str(value)}
    if isinstance(value, str | int | float):
        return {"kind": "plain", "value": value}
    says = f"holds {type(value).__name__}: take a column of numbers, texts, days or times"
    raise InvalidRequest.of("--cursor", "VIEW", says)


def _cursor_of(taken: Mapping[str, Any]) -> Any:
    try:
        kept = taken.get("cursor")
        return None if kept is None else _READ[kept["kind"]](kept["value"])
    except (KeyError, TypeError, ValueError):
        says = "does not fit this view: name another folder for it"
        raise InvalidRequest.of("--state", "FORMAT", says) from None
