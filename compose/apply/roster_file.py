"""Read a roster from a CSV file: every bad row is reported by line and field, and none is lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from certs.printing import write_text
from compose.bulk.cells import as_date, as_text, as_words
from compose.bulk.mapping import Format
from compose.bulk.rows import TableRow
from compose.bulk.text_files import csv_rows, scan
from compose.shared.spreadsheet import defused, restored
from federation.applications.roster import MOST_PERSONS, person_violations
from federation.errors import FieldViolation, InvalidRequest
from federation.v1 import query_pb2, record_pb2
from federation.values.enum_names import enum_names

_HEADINGS: Final = {
    "name": "name",
    "姓名": "name",
    "id_number": "id_number",
    "公民身份号码": "id_number",
    "身份证号": "id_number",
    "id_type": "id_type",
    "证件种类": "id_type",
    "证件类型": "id_type",
    "birth_date": "birth_date",
    "出生日期": "birth_date",
    # The columns that `write_aside` adds; a corrected file may still have them.
    "line": "line",
    "why": "why",
}
_TYPES: Final = {
    name: number for number, name in enum_names(record_pb2.IdentifierType.DESCRIPTOR).items() if number
}
_NEEDED: Final = frozenset({"name", "id_number"})
#: What a column holds -> the reader of its cells; "line" and "why" are not read.
_READERS: Final = {"name": as_words, "id_number": as_words, "id_type": as_text, "birth_date": as_date}


@dataclass(frozen=True, slots=True)
class BadRow:
    """One fault of one row; `line` is that of the file, counted from 1."""

    line: int
    field: str
    message: str
    cells: tuple[str, ...]


@dataclass(slots=True)
class RosterFile:
    """The content of a roster: the persons to ask about, and the bad rows with every reason."""

    headings: Sequence[str]
    persons: list[query_pb2.Subject] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    @property
    def bad_lines(self) -> list[int]:
        """The lines of the bad rows, each once."""
        return list(dict.fromkeys(row.line for row in self.bad))


def read_roster(path: Path) -> RosterFile:
    """Return the rows of a CSV file with a heading line; raises `InvalidRequest` for any other file."""
    found: RosterFile | None = None
    columns: list[str] = []
    seen: dict[tuple[int, str], int] = {}
    for row in csv_rows(path, Format(), scan(path).encoding):
        if not isinstance(row, TableRow):
            columns, found = _columns(row, path), RosterFile(row)
        elif found is not None:
            _add(found, row, columns, seen)
    if found is None or not (found.persons or found.bad):
        raise InvalidRequest.of("roster", "FORMAT", f"{path.name} lists nobody")
    if len(found.persons) > MOST_PERSONS:
        raise InvalidRequest.of("roster", "SIZE", f"{path.name} lists more than {MOST_PERSONS}: split it")
    return found


def _columns(headings: Sequence[str], path: Path) -> list[str]:
    """Return what each column holds; raises `InvalidRequest` where one is missing, unknown or there twice."""
    columns = [_HEADINGS.get(heading, "") for heading in headings]
    if not set(columns) >= _NEEDED or "" in columns or len(set(columns)) != len(columns):
        raise InvalidRequest.of(
            "roster", "FORMAT", f"{path.name}, line 1: write the headings name,id_number[,birth_date]"
        )
    return columns


def insist_good(read: RosterFile) -> None:
    """Raise `InvalidRequest` naming every bad row by line and field."""
    if read.bad:
        raise InvalidRequest(
            [FieldViolation(f"line {row.line}, {row.field}", "ROSTER", row.message) for row in read.bad]
        )


def write_aside(read: RosterFile, path: Path) -> None:
    """Write the bad rows, each with its line and reasons, to be corrected and handed in again.

    Cells are unchanged, but for an apostrophe before what a spreadsheet would carry out as a formula.
    """
    reasons: dict[int, list[BadRow]] = {}
    for row in read.bad:
        reasons.setdefault(row.line, []).append(row)
    file = io.StringIO(newline="")
    out = csv.writer(file)
    out.writerow([*read.headings, "line", "why"])
    for line, faults in reasons.items():
        why = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
        cells = [*faults[0].cells, *[""] * len(read.headings)][
            : max(len(faults[0].cells), len(read.headings))
        ]
        out.writerow([*map(defused, cells), line, defused(why)])
    write_text(path, "\ufeff" + file.getvalue())


def _add(found: RosterFile, row: TableRow, columns: Sequence[str], seen: dict[tuple[int, str], int]) -> None:
    """Add one row to the persons, or to the bad rows with every reason."""
    line, cells = row.number, tuple(restored(str(cell)) for cell in row.cells.values())

    def bad(where: str, message: str) -> None:
        found.bad.append(BadRow(line, where, message, cells))

    for fault in row.faults:
        bad(fault.field, fault.message)
    if row.faults:
        return
    read, unreadable = dict[str, str](), list[tuple[str, str]]()
    for column, cell in zip(columns, cells, strict=True):
        try:
            read[column] = _READERS[column](cell) if cell.strip() and column in _READERS else ""
        except ValueError as error:
            unreadable.append((column, str(error)))
    kind = read.get("id_type") or "citizen_id"
    if kind not in _TYPES:
        bad("id_type", f"is none of {', '.join(_TYPES)}")
        return
    person = query_pb2.Subject(name=read.get("name", ""), birth_date=read.get("birth_date", ""))
    if read.get("id_number"):
        person.identifiers.add(type=_TYPES[kind], number=read["id_number"])
    # The position of a row is its line, so that a repeated number is reported with the line of the first.
    reported = {where for where, _ in unreadable}
    wrong = [
        (_column(fault.field), fault.message)
        for fault in person_violations(person, line - 1, seen, allow_synthetic=True)
        if _column(fault.field) not in reported
    ]
    for where, message in (*unreadable, *wrong):
        bad(where, message)
    if not (unreadable or wrong):
        found.persons.append(person)


def _column(where: str) -> str:
    last = where.partition("].")[2]
    return "id_number" if last.startswith("identifiers") else last
