"""One row of a source of any form, and the limits that protect its reader from a hostile file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from compose.bulk.cells import Cell, unescaped
from federation.errors import FieldViolation, InvalidRequest

#: Characters in one cell: the most that a spreadsheet itself allows.
MOST_IN_CELL = 32_767
#: Bytes in one line of text: a record has at most 64 KiB.
MOST_IN_LINE = 1024 * 1024
MOST_COLUMNS = 500
#: Empty rows in a sequence: a spreadsheet has no more rows than this.
MOST_BLANK = 1_048_576
#: Rules about the content of one cell, which does not matter in a column that is ignored.
OF_ONE_CELL = frozenset({"FORMULA", "STRUCK", "RAISED", "MERGED", "CELL", "HEADER"})
_AGAIN = re.compile(r"(.*) \(again, column ([0-9]+)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row with its number in the file (a line, or a row of a sheet), and the faults found so far."""

    number: int
    cells: Mapping[str, Cell]
    faults: Sequence[FieldViolation] = field(default=())


def header_of(cells: Sequence[Cell], number: int) -> list[str]:
    """Return the names of the columns, all different; `TableMap.insist_header` judges those that were not.

    Raises `InvalidRequest` when the row is empty or has too many columns.
    """
    names = ["" if cell is None else unescaped(str(cell)).strip().lstrip("\ufeff") for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise InvalidRequest.of(f"row {number}", "HEADER", "is empty: the names of the columns stand there")
    if len(names) > MOST_COLUMNS:
        raise InvalidRequest.of(f"row {number}", "HEADER", f"has more than {MOST_COLUMNS} columns")
    return [
        f"{name} (again, column {n + 1})" if not name or name in names[:n] else name
        for n, name in enumerate(names)
    ]


def repeats(name: str) -> str | None:
    """Return the heading that this column of `header_of` has again, "" for one without any; None for a first one."""
    found = _AGAIN.fullmatch(name)
    return found[1] if found else None


def row_of(header: Sequence[str], cells: Sequence[Cell], number: int, *, ragged: bool = False) -> TableRow:
    """Return the cells by column name; too many, too few, too long or unprintable cells are faults of the row.

    With `ragged`, a row may end early, as rows of a sheet end with their last filled cell.
    """
    faults = list(_cell_faults(header, cells))
    surplus = [cell for cell in cells[len(header) :] if cell not in (None, "")]
    if surplus or (len(cells) != len(header) and not ragged):
        says = (
            f"has {len(cells)} cells where the header has {len(header)}: look for a comma or quote too many"
        )
        faults.append(FieldViolation("row", "CELLS", says))
    named = dict(zip(header, cells, strict=False))
    named |= {f"+{n}": cell for n, cell in enumerate(cells[len(header) : MOST_COLUMNS]) if faults}
    return TableRow(number, named, faults)


def _cell_faults(header: Sequence[str], cells: Sequence[Cell]) -> Iterator[FieldViolation]:
    for n, cell in enumerate(cells):
        if isinstance(cell, str):
            where = header[n] if n < len(header) else f"column {n + 1}"
            if len(cell) > MOST_IN_CELL:
                yield FieldViolation(where, "SIZE", f"holds {len(cell)} characters; at most {MOST_IN_CELL}")
            elif "\0" in unescaped(cell):
                yield FieldViolation(where, "TEXT", "contains a NUL character: the file is damaged there")


def blank(cells: Sequence[Cell]) -> bool:
    """Say whether a row is empty."""
    return all(cell is None or (isinstance(cell, str) and not unescaped(cell).strip()) for cell in cells)
