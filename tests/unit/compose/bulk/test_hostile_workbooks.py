"""A workbook that is broken, hostile or none is refused with what to do about it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.support.read_tables import fault, items
from tests.support.records import Someone
from tests.support.tables import row


def workbook(file: Path) -> Path:
    """Write one row into a workbook."""
    book, cells = openpyxl.Workbook(), row(Someone())
    sheet = book.active
    assert sheet is not None
    sheet.append(list(cells))
    sheet.append(list(cells.values()))
    book.save(file)
    return file


def rewritten(file: Path, edit: Callable[[bytes], bytes]) -> Path:
    """Change the XML of the sheet."""
    content = workbook(file).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            new.writestr(part.filename, edit(data) if part.filename.endswith("sheet1.xml") else data)
    return file


def appended(xml: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(b"</sheetData>", xml + b"</sheetData>")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (appended(b"<row>" + b" " * 30_000_000 + b"</row>"), "this is no table"),
        (lambda data: b'<!DOCTYPE l [<!ENTITY a "aaaa">]>' + data, "declares entities"),
        (lambda data: data[: len(data) // 2], "is damaged"),
        (appended(b'<row r="9"><c r="XFD9"><v>1</v></c></row>'), "has 16384 cells"),
    ],
)
def test_a_hostile_workbook_is_refused(tmp_path: Path, edit: Callable[[bytes], bytes], message: str) -> None:
    assert message in fault(rewritten(tmp_path / "t.xlsx", edit))


def test_a_workbook_is_not_believed_what_it_claims_of_its_size(tmp_path: Path) -> None:
    huge = b'<dimension ref="A1:XFD1048576"'
    file = rewritten(tmp_path / "t.xlsx", lambda data: data.replace(b'<dimension ref="A1:S2"', huge))
    (item,) = items(file)
    assert item.record is not None


def test_a_workbook_that_is_none_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    file.write_bytes(b"not a workbook")
    assert "save it again as .xlsx" in fault(file)
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    assert "password" in fault(file)
    book = openpyxl.load_workbook(workbook(file))
    book.create_sheet("二")
    book.save(file)
    assert "has 2 sheets: name one in the map" in fault(file)


def test_a_formula_is_no_value(tmp_path: Path) -> None:
    file = workbook(tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(file)
    assert book.active is not None
    book.active["K2"] = "=TODAY()"
    book.save(file)
    (item,) = items(file)
    assert [(v.field, v.rule) for v in item.faults] == [("宣判日期", "FORMULA")]
