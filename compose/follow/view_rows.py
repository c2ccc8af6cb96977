"""A row of another system's view: its values as cells of a table, its digest, and its cursor as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from federation.errors import InvalidRequest

Row = Mapping[str, Any]
_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "plain": lambda value: value,
}


def as_line(row: Row) -> str:
    """Return a row as a line of JSON, as an import reads it: in ASCII, whatever encoding the map names for files."""
    return json.dumps({name: as_cell(value) for name, value in row.items()})


def digest_of(row: Row) -> str:
    """Return what identifies a row: a digest of all its values, its cursor included."""
    cells = {name: as_cell(value) for name, value in row.items()}
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:32]


def as_cell(value: Any) -> str | int | float | None:
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


def cursor_to_json(value: Any) -> dict[str, Any]:
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


def cursor_from_json(kept: Mapping[str, Any]) -> Any:
    """Return the value that `cursor_to_json` wrote; raises `KeyError`, `TypeError` or `ValueError` for another."""
    try:
        return _READ[kept["kind"]](kept["value"])
    except ArithmeticError as error:  # what is no number of `Decimal`
        raise ValueError(str(error)) from None
