"""Rows and headings that are not what they seem: each row is read once, or named as a fault (R18, R20)."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from compose.bulk.map_file import load_map
from compose.bulk.source import SourceRow, open_source
from federation.errors import InvalidRequest
from tests.support.records import Someone
from tests.support.tables import HEADER, MAP, as_csv, row
from tests.support.workbooks import Parts, Read, place, reader, rules

_SHEET = "xl/worksheets/sheet1.xml"
_HEADING = ",".join(HEADER)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


def imported(
    folder: Path, content: str | bytes, suffix: str = ".csv", map_file: Path = MAP
) -> list[SourceRow]:
    file = folder / f"t{suffix}"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(open_source(file, load_map(map_file)).items())


def test_a_heading_that_is_merged_down_is_no_value_of_a_row(read: Read) -> None:
    """Sheets often have two rows of headings, of which the upper ones reach down where there is none below."""

    def merge(sheet: Any) -> None:
        letter = sheet.cell(1, place("姓名")).column_letter
        sheet.merge_cells(f"{letter}1:{letter}2")

    first, second = read([row(Someone()), row(Someone())], merge)
    assert rules(first) == [("row", "HEADER")]
    assert second.record is not None


@pytest.mark.parametrize("heading", ["序号", "备注"])
def test_a_heading_that_is_merged_down_in_a_column_left_out_does_not_matter(read: Read, heading: str) -> None:
    """A note at the side of a table often reaches over all of its rows."""

    def merge(sheet: Any) -> None:
        letter = sheet.cell(1, place(heading)).column_letter
        sheet.merge_cells(f"{letter}1:{letter}3")

    assert all(item.record is not None for item in read([row(Someone()), row(Someone())], merge))


@pytest.mark.parametrize(
    ("rows", "says"), [(rb"\1\3\2", "row 2 after row 3"), (rb"\1\2\2", "row 2 after row 2")]
)
def test_rows_out_of_their_order_end_the_import_and_are_not_lost(read: Read, rows: bytes, says: str) -> None:
    def change(parts: Parts) -> Parts:
        form = rb'(<row r="1".*?</row>)(<row r="2".*?</row>)(<row r="3".*?</row>)'
        return parts | {_SHEET: re.sub(form, rows, parts[_SHEET], flags=re.DOTALL)}

    with pytest.raises(InvalidRequest, match=says):
        read([row(Someone()), row(Someone())], change=change)


def test_rows_without_numbers_are_counted(read: Read) -> None:
    def change(parts: Parts) -> Parts:
        return parts | {_SHEET: re.sub(rb'<row r="[0-9]+"', b"<row", parts[_SHEET])}

    assert [item.number for item in read([row(Someone())] * 2, change=change) if item.record] == [2, 3]


@pytest.mark.parametrize("value", [-5, 1, 60, datetime(1900, 2, 28)])
def test_a_day_that_programs_count_differently_is_a_fault(read: Read, value: Any) -> None:
    def dated(sheet: Any) -> None:
        cell = sheet.cell(2, place("生效日期"))
        cell.value, cell.number_format = value, "yyyy-mm-dd"

    (item,) = read([row(Someone())], dated)
    assert rules(item) == [("生效日期", "CELL")]


def test_the_first_day_that_all_programs_count_alike_is_one(read: Read) -> None:
    def dated(sheet: Any) -> None:
        cell = sheet.cell(2, place("出生日期"))
        cell.value, cell.number_format = 61, "yyyy-mm-dd"

    (item,) = read([row(Someone())], dated)
    assert item.record is not None
    assert item.record.person.birth_date == "1900-03-01"


def test_empty_columns_at_the_end_of_every_row_are_left_out(tmp_path: Path) -> None:
    """A spreadsheet writes as many cells into each row as the widest one has."""
    line = as_csv([row(Someone())]).decode().splitlines()[1]
    good, filled, short = imported(tmp_path, f"{_HEADING},,\n{line},, \n{line},,x\n{line},\n")
    assert good.record is not None
    assert [rules(item) for item in (filled, short)] == [[("row", "CELLS")]] * 2


def test_a_very_long_cell_is_a_fault_of_its_row_alone(tmp_path: Path) -> None:
    rows = [row(Someone()), row(Someone()) | {"备注": "长" * 300_000}, row(Someone())]
    first, long, last = imported(tmp_path, as_csv(rows))
    assert rules(long) == [("备注", "SIZE")]
    assert first.record is not None
    assert last.record is not None


@pytest.mark.parametrize(
    "line",
    [
        '{"姓名": "a", "姓名": "b"}',
        "[1]",
        "{",
        '{"姓名": NaN}',
        '{"a": ' * 70 + "1" + "}" * 70,
        "7",
        '"x"',
        "null",
    ],
)
def test_a_line_that_is_no_row_has_that_fault_alone(tmp_path: Path, line: str) -> None:
    (item,) = imported(tmp_path, line + "\n", ".jsonl")
    assert rules(item) == [("line", "FORMAT")]


def test_a_line_that_was_no_row_is_corrected_in_quarantine(tmp_path: Path) -> None:
    good = {name: text for name, text in row(Someone()).items() if text}
    (item,) = imported(tmp_path, json.dumps(good)[:-1] + "\n", ".jsonl")
    kept = dict(item.kept)
    assert kept["cells"] == {"line": json.dumps(good)[:-1]}
    kept["cells"] = {"line": json.dumps(good)}
    (mended,) = imported(tmp_path, json.dumps({**kept, "reasons": []}) + "\n", ".jsonl")
    assert mended.record is not None
    assert mended.number == item.number


def test_a_row_whose_only_column_is_called_line_is_read_as_a_row(tmp_path: Path) -> None:
    everything_else = tmp_path / "map.toml"
    everything_else.write_text(
        re.sub("ignore = .*", 'ignore = "*"', MAP.read_text("utf-8"), count=1), "utf-8"
    )
    (item,) = imported(tmp_path, '{"line": "3"}\n', ".jsonl", everything_else)
    assert item.record is not None or item.faults, "a row is a record, or says why it is none"


@pytest.mark.parametrize(("mark", "shown"), [(";", "';'"), ("\t", r"'\\t'"), ("；", "'；'")])
def test_another_delimiter_is_named(tmp_path: Path, mark: str, shown: str) -> None:
    with pytest.raises(InvalidRequest, match=f"if {shown} divides the columns"):
        imported(tmp_path, _HEADING.replace(",", mark) + "\n" + mark.join("x" * len(HEADER)) + "\n")


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\n", "\u202e"])
def test_a_character_that_nobody_sees_in_a_heading_is_named(tmp_path: Path, hidden: str) -> None:
    heading = _HEADING.replace("判决书号", f'"判决{hidden}书号"')
    with pytest.raises(InvalidRequest, match=rf"invisible character U\+{ord(hidden):04X}"):
        imported(tmp_path, heading + "\n" + "," * (len(HEADER) - 1) + "\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_wide_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(InvalidRequest, match="is UTF-16 or UTF-32"):
        imported(tmp_path, as_csv([row(Someone())], encoding))
