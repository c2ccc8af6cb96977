"""A file of records, in any form: one item for each row, either a record or the reasons why it is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from compose.bulk.mapping import Format, TableMap
from compose.bulk.rows import OF_ONE_CELL, TableRow
from compose.bulk.text_files import Scanned, csv_rows, json_lines, json_row, scan
from federation.errors import FieldViolation, InvalidRequest
from federation.v1 import record_pb2
from federation.values.characters import todays
from federation.values.json_message import read_message
from federation.values.json_text import parse_json

#: A longer line cannot be a record.
MOST_BYTES = 256 * 1024
_TEXT = (".csv", ".txt", ".tsv")
_LINES = (".jsonl", ".ndjson")
_BOOKS = (".xlsx",)
#: Ends of the names of files that can be imported with a map.
FORMS = (*_TEXT, *_BOOKS, *_LINES)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: its number, its form in quarantine, and its record or what is wrong with its cells.

    Where cells cannot be read, `partial` is what the others say, and `unread` are the fields that they would fill.
    """

    number: int
    kept: Mapping[str, Any]
    record: record_pb2.Record | None = None
    faults: list[FieldViolation] = field(default_factory=list)
    partial: record_pb2.Record | None = None
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SourceFile:
    """A file that was scanned once; its digest shows later whether it is still the same."""

    file: Path
    scanned: Scanned
    table: TableMap | None

    def items(self) -> Iterator[SourceRow]:
        """Yield every row in order; raises `InvalidRequest` where the file itself cannot be read on."""
        if self.table is None:
            for number, line in json_lines(self.file, self.scanned.encoding):
                yield _message(number, line)
            return
        for row in self.rows(self.table):
            yield _mapped(row, self.table)

    def rows(self, table: TableMap) -> Iterator[TableRow]:
        """Yield the rows of a table, once its header fits the map."""
        if self.file.suffix.lower() in _LINES:
            for number, line in json_lines(self.file, self.scanned.encoding):
                yield _known(json_row(number, line), table)
            return
        if self.file.suffix.lower() in _BOOKS:
            from compose.bulk.workbooks import workbook_rows  # most files are text, and openpyxl is large

            found = workbook_rows(self.file, table.format)
        else:
            found = csv_rows(self.file, table.format, self.scanned.encoding)
        empty = True
        for row in found:
            empty = False
            if isinstance(row, TableRow):
                yield row
            else:
                table.insist_header(row)
        if empty:
            raise InvalidRequest.of(
                str(self.file), "HEADER", "is empty: not even the names of columns are there"
            )


def open_source(file: Path, table: TableMap | None) -> SourceFile:
    """Scan `file` once; raises `InvalidRequest` when its form or encoding cannot be read."""
    form, suffix = table.format if table else Format(), file.suffix.lower()
    forms = _LINES if table is None else FORMS
    if suffix not in forms and (table is not None or suffix in (*_TEXT, *_BOOKS)):
        says = "a table needs a map: give --map" if table is None else f"is none of {', '.join(forms)}"
        raise InvalidRequest.of(str(file), "FORM", says)
    encoding = "utf-8" if table is None else form.encoding
    return SourceFile(file, scan(file, encoding=encoding, text=suffix not in _BOOKS), table)


def _message(number: int, line: str) -> SourceRow:
    kept = {"row": number, "line": line}
    try:
        value = parse_json(line) if len(line) <= MOST_BYTES else None
        if isinstance(value, dict) and "line" in value and value.keys() <= {"row", "line", "reasons"}:
            line = str(value["line"])  # a line from quarantine, corrected or not
            kept = {"row": value.get("row", number), "line": line}
            value = parse_json(line)
        if len(line) > MOST_BYTES:
            raise ValueError(f"longer than {MOST_BYTES} characters")
        return SourceRow(number, kept, read_message(_of_today(value), record_pb2.Record()))
    except ValueError as error:
        return SourceRow(number, kept, None, [FieldViolation("line", "FORMAT", str(error)[:300])])


def _of_today(value: Any) -> Any:
    """Return a JSON value with the characters of its texts in their places of today, as in the cells of tables."""
    if isinstance(value, str):
        return todays(value)
    if isinstance(value, list):
        return [_of_today(item) for item in value]
    return {key: _of_today(item) for key, item in value.items()} if isinstance(value, dict) else value


def _mapped(row: TableRow, table: TableMap) -> SourceRow:
    cells = table.days_in(row.cells)
    kept = {"row": row.number, "cells": {name: _plain(cell) for name, cell in cells.items()}}
    found = [f for f in row.faults if f.rule not in OF_ONE_CELL or not table.leaves_out(f.field)]
    if heading := next((fault for fault in found if fault.rule == "HEADER"), None):
        # A row of headings holds no other value.
        found = [FieldViolation("row", heading.rule, heading.message)]
    bad = {fault.field for fault in found}
    # Cut wrongly, or no row: its cells mean nothing.
    if bad - cells.keys() or (bad and cells.keys() == {"line"}):
        return SourceRow(row.number, kept, None, found)
    read = table.read(cells, but=bad)
    faults = [*found, *read.faults]
    if not faults:
        return SourceRow(row.number, kept, read.record)
    return SourceRow(row.number, kept, None, faults, read.record, read.unread)


def _plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else cell


def _known(row: TableRow, table: TableMap) -> TableRow:
    """Return a row of JSON, which has column names of its own, with a fault for each that is not in the map."""
    known = {column.name for column in table.columns}
    unknown = [name for name in row.cells if name not in known and not table.leaves_out(name)]
    faults = [FieldViolation(name[:60], "MAP", "is no column of the map: remove it") for name in unknown]
    return TableRow(row.number, row.cells, [*row.faults, *faults]) if faults and not row.faults else row
