"""Read XLSX row by row, after checking the archive: no zip bombs, macros or entities."""

from __future__ import annotations

import logging
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl

from compose.bulk.mapping import Format
from compose.bulk.rows import MOST_BLANK, MOST_COLUMNS, TableRow, header_of, row_of
from compose.bulk.sheet_marks import read_marks
from compose.bulk.sheet_order import insist_order
from compose.bulk.sheets import SheetReader
from compose.bulk.workbook_forms import common_form, has_escaped_escapes, is_strict
from federation.errors import FieldViolation, HutongError, InvalidRequest

_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Bytes when unpacked: of the whole archive, and of the shared texts, which are kept in memory.
_MOST_UNPACKED = 2 * 1024**3
_MOST_TEXTS = 256 * 1024**2
#: The largest ratio of unpacked to packed size for a part of over 10 MiB; tables reach 10 or 20.
_MOST_RATIO = 150
_LARGE = 10 * 1024**2


def workbook_rows(file: Path, form: Format) -> Iterator[TableRow | list[str]]:
    """Yield the header as a list of names, then every row that is not blank. Raises `InvalidRequest`."""
    other_form = _insist_harmless(file)
    logging.getLogger("openpyxl").setLevel(logging.ERROR)
    # It warns of what it leaves out; `SheetMarks` has what of this matters.
    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
    with common_form(file) if other_form else file.open("rb") as source:
        try:
            book = openpyxl.load_workbook(source, read_only=True, keep_links=False, rich_text=True)
        except Exception as error:
            raise _damaged(file, error) from None
        try:
            sheet = _sheet(book, form, file)
            with zipfile.ZipFile(source) as archive:
                part = sheet._worksheet_path.lstrip("/")
                insist_order(archive, part)
                marks = read_marks(archive, part)
            yield from _rows(SheetReader(sheet, marks, form), form)
        except HutongError:
            raise
        except Exception as error:  # whatever openpyxl meets in a damaged part
            raise _damaged(file, error) from None
        finally:
            book.close()


def _damaged(file: Path, error: Exception) -> InvalidRequest:
    says = f"is damaged or no workbook ({type(error).__name__}): open it and save it again as .xlsx"
    return InvalidRequest.of(str(file), "XLSX", says)


def _insist_harmless(file: Path) -> bool:
    """Raise `InvalidRequest` for anything but a plain workbook, before any of it is unpacked.

    Returns whether it is to be copied into the common form.
    """
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
            return is_strict(archive) or has_escaped_escapes(archive)
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


def _rows(reader: SheetReader, form: Format) -> Iterator[TableRow | list[str]]:
    header: list[str] = []
    blanks = 0
    for row in reader.rows():
        if row.number < form.header_row:
            continue
        if len(row.values) > 10 * MOST_COLUMNS:
            raise InvalidRequest.of(f"row {row.number}", "SIZE", f"has {len(row.values)} cells")
        if not header:
            header = header_of(row.values, row.number)
            yield header
        elif row.blank:
            blanks += 1
            if blanks > MOST_BLANK:
                raise InvalidRequest.of(f"row {row.number}", "SIZE", "follows a million empty rows")
        else:
            blanks = 0
            made = row_of(header, row.values, row.number, ragged=True)
            faults = [
                FieldViolation(
                    header[n] if 0 <= n < len(header) else f"column {n + 1}" if n >= 0 else "row", *says
                )
                for n, says in row.faults
            ]
            yield TableRow(row.number, made.cells, [*made.faults, *faults]) if faults else made
