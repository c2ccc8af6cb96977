"""Read CSV and JSON lines: detect the encoding, bound the length of lines, and number the rows."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compose.bulk.mapping import Format
from compose.bulk.rows import MOST_IN_LINE, TableRow, blank, header_of, row_of
from federation.errors import FieldViolation, InvalidRequest
from federation.values.json_text import parse_json

_CHUNK = 1024 * 1024
#: Characters of a line without end that stand in quarantine.
_KEPT_OF_LINE = 4096
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Scanned:
    """The result of one pass over a file: its digest, the encoding of its text, and the number of its lines."""

    sha256: str
    encoding: str
    lines: int


def scan(file: Path, *, encoding: str = "", text: bool = True) -> Scanned:
    """Return digest and encoding; raises `InvalidRequest` when the text is neither UTF-8 nor GB18030.

    Valid UTF-8 is read as UTF-8, unless `encoding` names another. Without `text`, only the digest is computed.
    """
    digest = hashlib.sha256()
    wanted = (encoding,) if encoding else ("utf-8", "gb18030")
    decoders = {name: codecs.getincrementaldecoder(name)() for name in wanted} if text else {}
    lines, failed, first = 1, dict[str, int](), True
    with file.open("rb") as source:
        while chunk := source.read(_CHUNK):
            if first and text and chunk[:2] in _WIDE:
                raise InvalidRequest.of(str(file), "ENCODING", "is UTF-16 or UTF-32: save it as CSV UTF-8")
            first = False
            digest.update(chunk)
            for name in list(decoders):
                try:
                    decoders[name].decode(chunk)
                except UnicodeDecodeError as error:
                    failed[name] = lines + error.object.count(b"\n", 0, error.start)
                    del decoders[name]
            lines += chunk.count(b"\n")
    for name in list(decoders):
        try:
            decoders[name].decode(b"", final=True)
        except UnicodeDecodeError:
            failed[name] = lines
            del decoders[name]
    if text and not decoders:
        where = "; ".join(f"as {name} it breaks at line {line}" for name, line in failed.items())
        raise InvalidRequest.of(str(file), "ENCODING", f"is no readable text: {where}. Save it as UTF-8")
    return Scanned(digest.hexdigest(), next(iter(decoders), ""), lines if text else 0)


def csv_rows(file: Path, form: Format, encoding: str) -> Iterator[TableRow | list[str]]:
    """Yield the header as a list of names, then every row that is not blank.

    Raises `InvalidRequest` at a fault after which no row can be trusted: a quote that never closes, an endless line.
    """
    lines = _Lines(file, encoding)
    reader = csv.reader(lines, delimiter=form.delimiter, strict=True)
    header: list[str] = []
    started, width = 1, 0
    while True:
        started = lines.number + 1
        try:
            cells = _next(reader)
        except csv.Error as error:
            says = f"the row cannot be read ({error}): look for a quote that is not closed or not doubled"
            raise InvalidRequest.of(f"line {started}", "CSV", says) from None
        if cells is None:
            return
        if started < form.header_row:
            continue
        if not header:
            header, width = header_of(cells, started), len(cells)
            yield header
        elif not blank(cells):
            # Spreadsheets write empty columns at the end into each row, the header among them.
            empty = len(cells) == width and blank(cells[len(header) :])
            yield row_of(header, cells[: len(header)] if empty else cells, started)


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    """Return the next row or None. The limit of the length of a cell is global in Python: it is restored."""
    before = csv.field_size_limit(MOST_IN_LINE)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)


def json_lines(file: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield every line that is not blank, with its number; one that is too long is cut at `MOST_IN_LINE` characters."""
    lines = _Lines(file, encoding, cuts=True)
    for line in lines:
        if line.strip():
            yield lines.number, line.strip()


def json_row(number: int, line: str) -> TableRow:
    """Return a line as a row: an object of cells by column, or one from quarantine with its cells in it."""
    if len(line) >= MOST_IN_LINE:
        says = f"is longer than {MOST_IN_LINE} characters; its beginning is kept here"
        return TableRow(number, {"line": line[:_KEPT_OF_LINE]}, [FieldViolation("line", "SIZE", says)])
    try:
        value: Any = parse_json(line)
    except ValueError as error:
        return TableRow(
            number, {"line": line}, [FieldViolation("line", "FORMAT", f"is not JSON: {error}"[:300])]
        )
    if isinstance(value, dict) and isinstance(value.get("cells"), dict) and value.keys() <= _KEPT:
        number, value = value.get("row", number), value["cells"]
        if value.keys() == {"line"} and isinstance(value["line"], str):
            return json_row(number, value["line"])  # a line that was none, corrected or not
    faults = []
    if not isinstance(value, dict):
        value, faults = {"line": line}, [FieldViolation("line", "FORMAT", "is not a JSON object")]
    for name, cell in value.items():
        if not isinstance(cell, str | int | float | None):
            faults.append(FieldViolation(str(name)[:60], "FORMAT", "is neither text nor number"))
    return TableRow(number, value, faults)


#: The keys of a row in quarantine.
_KEPT = frozenset({"row", "cells", "reasons"})


class _Lines:
    """The lines of a text file, each of bounded length, and the number of the last one read."""

    def __init__(self, file: Path, encoding: str, *, cuts: bool = False) -> None:
        """A line that is too long is cut with `cuts`, where each line is a row; else it raises `InvalidRequest`."""
        self._file = file
        self._cuts = cuts
        self._encoding = "utf-8-sig" if encoding == "utf-8" else encoding
        self.number = 0
        self._lines = self._read()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    def _read(self) -> Iterator[str]:
        with self._file.open(encoding=self._encoding, newline="") as source:
            while line := source.readline(MOST_IN_LINE):
                self.number += 1
                if len(line) == MOST_IN_LINE and self._cuts:
                    rest = line
                    while rest and not rest.endswith(("\n", "\r")):
                        rest = source.readline(MOST_IN_LINE)
                elif len(line) == MOST_IN_LINE:
                    says = f"is longer than {MOST_IN_LINE} characters: is the file what its name says?"
                    raise InvalidRequest.of(f"line {self.number}", "SIZE", says)
                yield line
