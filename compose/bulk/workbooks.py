"""Read XLSX row by row, after checking the archive: no zip bombs, macros, entities or formulas."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from compose.bulk.cells import Cell
from compose.bulk.mapping import Format
from compose.bulk.rows import MOST_BLANK, MOST_COLUMNS, TableRow, blank, header_of, row_of
from federation.errors import FieldViolation, InvalidRequest

_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Bytes when unpacked: of the whole archive, and of the shared texts, which are kept in memory.
_MOST_UNPACKED = 2 * 1024**3
_MOST_TEXTS = 256 * 1024**2
#: The largest ratio of unpacked to packed size for a part of over 10 MiB; tables reach 10 or 20.
_MOST_RATIO = 150
_LARGE = 10 * 1024**2


def workbook_rows(file: Path, form: Format) -> Iterator[TableRow | list[str]]:
    """Yield the header as a list of names, then every row that is not blank. Raises `InvalidRequest`."""
    _insist_harmless(file)
    logging.getLogger("openpyxl").setLevel(logging.ERROR)
    try:
        book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
    except Exception as error:
        raise _damaged(file, error) from None
    if book.epoch == CALENDAR_MAC_1904:
        book.close()
        says = (
            "counts its days from 1904: save it with the 1900 date system, which Excel's advanced options set"
        )
        raise InvalidRequest.of(str(file), "XLSX", says)
    try:
        yield from _rows(_sheet(book, form, file), form)
    except (ParseError, zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, OSError) as error:
        raise _damaged(file, error) from None
    finally:
        book.close()


def _damaged(file: Path, error: Exception) -> InvalidRequest:
    says = f"is damaged or no workbook ({type(error).__name__}): open it and save it again as .xlsx"
    return InvalidRequest.of(str(file), "XLSX", says)


def _insist_harmless(file: Path) -> None:
    """Raise `InvalidRequest` for anything but a plain workbook, before any of it is unpacked."""
    with file.open("rb") as source:
        if source.read(8) == _OLD:
            raise InvalidRequest.of(
                str(file), "XLSX", "has a password or is of the old form .xls: save it as .xlsx without one"
            )
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            for part in parts:
                _insist_small(file, part)
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        if b"<!DOCTYPE" in opened.read(4096):
                            raise InvalidRequest.of(str(file), "XLSX", f"{part.filename} declares entities")
            if sum(part.file_size for part in parts) > _MOST_UNPACKED:
                raise InvalidRequest.of(str(file), "SIZE", "unpacks to over 2 GiB: split it")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _damaged(file, error) from None


def _insist_small(file: Path, part: zipfile.ZipInfo) -> None:
    if part.file_size > _LARGE and part.file_size > _MOST_RATIO * max(part.compress_size, 1):
        raise InvalidRequest.of(
            str(file), "SIZE", f"{part.filename[:80]} unpacks to {part.file_size} bytes: this is no table"
        )
    if part.filename.endswith("sharedStrings.xml") and part.file_size > _MOST_TEXTS:
        raise InvalidRequest.of(str(file), "SIZE", "holds over 256 MiB of text: split it, or save it as CSV")
    if part.filename.endswith("vbaProject.bin"):
        raise InvalidRequest.of(str(file), "XLSX", "contains macros: save it as .xlsx")


def _sheet(book: Any, form: Format, file: Path) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    if form.sheet and form.sheet not in names:
        raise InvalidRequest.of(
            str(file), "MAP", f"has no sheet {form.sheet!r}; it has {', '.join(names)}"[:400]
        )
    if not form.sheet and len(names) != 1:
        says = f"has {len(names)} sheets: name one in the map, `sheet` under [format]: {', '.join(names)}"
        raise InvalidRequest.of(str(file), "MAP", says[:400])
    return book[form.sheet or names[0]]


def _rows(sheet: Any, form: Format) -> Iterator[TableRow | list[str]]:
    sheet.reset_dimensions()  # the size that the file states is not trusted
    header: list[str] = []
    blanks = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if number < form.header_row:
            continue
        if len(cells) > 10 * MOST_COLUMNS:
            raise InvalidRequest.of(f"row {number}", "SIZE", f"has {len(cells)} cells")
        values: list[Cell] = [_value(cell) for cell in cells]
        if not header:
            header = header_of(values, number)
            yield header
        elif blank(values):
            blanks += 1
            if blanks > MOST_BLANK:
                raise InvalidRequest.of(f"row {number}", "SIZE", "follows a million empty rows")
        else:
            blanks = 0
            row = row_of(header, values, number, ragged=True)
            formulas = [n for n, cell in enumerate(cells) if cell.data_type in ("f", "e")]
            faults = [
                FieldViolation(
                    header[n] if n < len(header) else f"column {n + 1}",
                    "FORMULA",
                    "holds a formula or an error: put its value there (copy, paste values)",
                )
                for n in formulas
            ]
            yield TableRow(number, row.cells, [*row.faults, *faults]) if faults else row


def _value(cell: Any) -> Cell:
    value = cell.value
    return value if isinstance(value, str | int | float) or value is None else _other(value)


def _other(value: Any) -> Cell:
    return value if isinstance(value, date) else str(value)
