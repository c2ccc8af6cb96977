"""A workbook means what a person sees in it, and what cannot be told is a fault of its row (R18, R63)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from federation.errors import InvalidRequest
from tests.support.records import Someone
from tests.support.tables import row
from tests.support.workbooks import Parts, Read, place, reader, rules, shared_texts, strict, unchanged


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


def test_days_are_counted_from_the_day_that_the_workbook_counts_from(read: Read) -> None:
    cells = row(Someone()) | {
        "宣判日期": 39_511,
        "生效日期": date(2012, 3, 15),
        "出生日期": 1990,
        "户籍地代码": 110105,
    }

    def since_1904(sheet: Any) -> None:
        sheet.parent.epoch = CALENDAR_MAC_1904

    (item,) = read([cells], since_1904)
    assert item.record is not None
    assert (item.record.pronounced_on, item.record.final_on) == ("2012-03-05", "2012-03-15")
    assert (item.record.person.birth_date, item.record.person.household_division) == ("1990", "110105")
    assert item.kept["cells"]["宣判日期"] == "2012-03-05"  # JSON lines have no epoch
    (item,) = read([cells])
    assert item.record is not None
    assert item.record.pronounced_on == "2008-03-04"
    for beyond in (72_000, 39_511.5):
        (item,) = read([cells | {"宣判日期": beyond}], since_1904)
        assert rules(item) == [("宣判日期", "CELL")]


def test_a_value_merged_over_rows_belongs_to_each_of_them(read: Read) -> None:
    one, two = row(Someone()), row(Someone())
    two |= {"审判法院": "", "户籍地代码": ""}

    def merge(sheet: Any) -> None:
        for name in ("审判法院", "户籍地代码"):
            letter = sheet.cell(1, place(name)).column_letter
            sheet.merge_cells(f"{letter}2:{letter}4")

    first, second = read([one, two], merge)
    assert second.record is not None
    assert first.record is not None
    assert second.record.court.name == first.record.court.name == one["审判法院"]
    assert second.record.person.household_division == "110105"
    assert "person.household_division" not in {unknown.field for unknown in second.record.unknowns}


def test_cells_merged_with_those_beside_them_are_a_fault(read: Read) -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells(
            start_row=2, end_row=3, start_column=place("宣判日期"), end_column=place("生效日期")
        )

    found = read([row(Someone()), row(Someone()), row(Someone())], merge)
    assert rules(found[0]) == [("宣判日期", "MERGED"), ("生效日期", "MERGED")]
    assert ("宣判日期", "MERGED") in rules(found[1])
    assert found[2].record is not None


def test_a_hidden_row_is_a_fault_unless_the_map_allows_it(read: Read) -> None:
    def hide(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True

    rows = [row(Someone()), row(Someone()), row(Someone())]
    found = read(rows, hide)
    assert [rules(item) for item in found] == [[], [("row", "HIDDEN")], []]
    assert "include" in found[1].faults[0].message
    assert all(item.record is not None for item in read(rows, hide, add='include = ["hidden"]'))


def test_a_row_without_height_is_hidden(read: Read) -> None:
    def draw_together(sheet: Any) -> None:
        sheet.row_dimensions[2].height = 7
        sheet.row_dimensions[3].height = 0.75

    def flat(parts: Parts) -> Parts:
        name = "xl/worksheets/sheet1.xml"
        return parts | {name: parts[name].replace(b'ht="7"', b'ht="0"')}

    found = read([row(Someone()), row(Someone())], draw_together, change=flat)
    assert [rules(item) for item in found] == [[("row", "HIDDEN")], []]


@pytest.mark.parametrize("name", ["姓名", "决定执行的刑罚"])
def test_what_is_struck_out_is_a_fault_unless_the_map_allows_it(read: Read, name: str) -> None:
    def strike(sheet: Any) -> None:
        sheet.cell(2, place(name)).font = Font(strike=True)
        sheet.cell(2, place("备注")).font = Font(strike=True)  # an empty cell, in an ignored column

    found = read([row(Someone()), row(Someone())], strike)
    assert [rules(item) for item in found] == [[(name, "STRUCK")], []]
    assert all(item.record is not None for item in read([row(Someone())], strike, add='include = ["struck"]'))


def test_a_part_of_a_cell_that_is_struck_out_is_a_fault_too(read: Read) -> None:
    struck = CellRichText(TextBlock(InlineFont(strike=True), "张三"), "李四")
    plain = CellRichText(TextBlock(InlineFont(b=True), "王"), "五")
    for change in (unchanged, shared_texts):
        found = read([row(Someone()) | {"姓名": struck}, row(Someone()) | {"姓名": plain}], change=change)
        assert rules(found[0]) == [("姓名", "STRUCK")]
        assert found[1].record is not None
        assert found[1].record.person.names[0].text == "王五"


def test_a_raised_mark_is_no_digit_of_the_number_before_it(read: Read) -> None:
    noted = CellRichText("有期徒刑三年", TextBlock(InlineFont(vertAlign="superscript"), "①"))
    amount = CellRichText(
        "有期徒刑三年，并处罚金500", TextBlock(InlineFont(vertAlign="superscript"), "2"), "元"
    )
    for change in (unchanged, shared_texts):
        for cell in (noted, amount):
            (item,) = read([row(Someone()) | {"决定执行的刑罚": cell, "备注": cell}], change=change)
            assert ("决定执行的刑罚", "RAISED") in rules(item)
            assert all(name != "备注" for name, _ in rules(item))


def test_a_strict_workbook_is_read_like_any_other(read: Read) -> None:
    cells = row(Someone()) | {"宣判日期": datetime(2019, 6, 3)}
    (item,) = read([cells], change=strict)
    assert item.record is not None
    assert item.record.pronounced_on == "2019-06-03"


@pytest.mark.parametrize(
    ("name", "cell", "rule"),
    [
        ("姓名", "戊_x000D_", ""),
        ("姓名", True, "CELL"),
        ("姓名", "#N/A", "FORMULA"),
        ("姓名", '="己"', "FORMULA"),
        ("姓名", "张\ue000", "CELL"),
        ("姓名", date(2012, 3, 5), "CELL"),
        ("姓名", time(12, 30), "CELL"),
        ("公民身份号码", 9.9010119820704012e17, "CELL"),
        ("公民身份号码", 990101198207040120, "CELL"),
        ("宣判日期", datetime(2019, 6, 3, 12, 30), "CELL"),
        ("宣判日期", "=TODAY()", "FORMULA"),
        ("宣判日期", True, "CELL"),
        ("序号", "=ROW()", ""),
        ("备注", time(12, 30), ""),
    ],
)
def test_a_cell_is_taken_for_what_it_is(read: Read, name: str, cell: object, rule: str) -> None:
    (item,) = read([row(Someone()) | {name: cell}])
    assert rules(item) == ([(name, rule)] if rule else [])
    if cell == "戊_x000D_":
        assert item.record is not None
        assert item.record.person.names[0].text == "戊"


@pytest.mark.parametrize(
    ("form", "birth", "pronounced"),
    [
        ('yyyy"年"m"月"', "1990-05", "CELL"),
        ("[$-804]yyyy\\-mm;@", "1990-05", "CELL"),
        ("mmm-yy", "1990-05", "CELL"),
        ('yyyy"年"', "1990", "CELL"),
        ('m"月"d"日"', "CELL", "CELL"),
        ("d-mmm", "CELL", "CELL"),
        ('yyyy"年"m"月"d"日"', "1990-05-01", "1990-05-01"),
        ("yyyy-mm-dd h:mm", "1990-05-01", "1990-05-01"),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "1990-05-01", "1990-05-01"),
    ],
)
def test_a_day_is_known_as_far_as_its_cell_shows_it(
    read: Read, form: str, birth: str, pronounced: str
) -> None:
    """A spreadsheet makes 1 May 1990 of 1990-05, and a day of this year of 5-1."""
    for name, right in (("出生日期", birth), ("宣判日期", pronounced)):

        def format_(sheet: Any, name: str = name) -> None:
            sheet.cell(2, place(name)).number_format = form

        (item,) = read([row(Someone()) | {name: date(1990, 5, 1)}], format_)
        if right == "CELL":
            assert rules(item) == [(name, "CELL")]
        else:
            assert item.record is not None
            assert right in (item.record.person.birth_date, item.record.pronounced_on)


@pytest.mark.parametrize(("number", "birth"), [(57, "1990-05"), (31, "1990-05-01"), (58, "CELL")])
def test_formats_that_chinese_spreadsheets_know_by_number_show_days(
    read: Read, number: int, birth: str
) -> None:
    def format_(sheet: Any) -> None:
        sheet.cell(2, place("出生日期")).number_format = "0.000"

    def renumber(parts: Parts) -> Parts:
        styles = parts["xl/styles.xml"].replace(b'numFmtId="164"', b'numFmtId="%d"' % number)
        return parts | {"xl/styles.xml": re.sub(b"<numFmts.*?</numFmts>", b"", styles)}

    (item,) = read([row(Someone()) | {"出生日期": 32_994}], format_, change=renumber)
    if birth == "CELL":
        assert rules(item) == [("出生日期", "CELL")]
    else:
        assert item.record is not None
        assert item.record.person.birth_date == birth


def _lost_text(parts: Parts) -> Parts:
    """Return parts with a cell whose text is not among the shared ones."""
    shared, name = shared_texts(parts), "xl/worksheets/sheet1.xml"
    return shared | {name: shared[name].replace(b"<v>0</v>", b"<v>7000</v>")}


def _lost_style(parts: Parts) -> Parts:
    """Return parts with a reference to a font that the workbook does not have."""
    styles = parts["xl/styles.xml"]
    return parts | {"xl/styles.xml": styles.replace(b'fontId="0"', b'fontId="70"')}


@pytest.mark.parametrize("change", [_lost_text, _lost_style])
def test_a_workbook_whose_parts_do_not_fit_together_is_named_as_damaged(
    read: Read, change: Callable[[Parts], Parts]
) -> None:
    with pytest.raises(InvalidRequest, match="is damaged"):
        read([row(Someone())], change=change)
