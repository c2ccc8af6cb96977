"""A cell of a workbook is read as its format, its conditional formats and its escapes show it, or is a fault (R18)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import DataBarRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat

from compose.bulk.sheet_marks import RuledColumns, SheetMarks
from compose.bulk.shown_numbers import as_displayed
from tests.support.records import Someone
from tests.support.tables import row
from tests.support.workbooks import Parts, Read, place, reader, rules, shared_texts, unchanged


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (3, '0"年"', "3年"),
        (3, "0年", "3年"),
        (3.5, '0.0"年"', "3.5年"),
        (5, '0"万"', "5万"),
        (5, '[DBNum1][$-804]General"年"', "5年"),
        (5, "[$￥-804]#,##0.00", "￥5"),
        (12, "0000", "0012"),
        (10105, "000000", "010105"),
        ("朝阳", '@"区"', "朝阳区"),
        ("朝阳", '0;-0;0;@"区"', "朝阳区"),
        (0, '0;-0;"无"', "无"),
    ],
)
def test_a_format_says_more_than_the_number_in_its_cell(value: Any, code: str, shown: str) -> None:
    assert as_displayed(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (5000, "#,##0.00_);(#,##0.00)"),
        (-7, "0.00_ ;[Red]\\-0.00\\ "),
        (12, "00"),
        (110105, "000000"),
        (9.9e17, "0.00E+00"),
        ("张三", "#,##0"),
        ("张三", "0;-0;0;@"),
        (True, '0"年"'),
        (None, '0"年"'),
    ],
)
def test_colours_padding_and_decimals_change_nothing(value: Any, code: str) -> None:
    assert as_displayed(value, code) is value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (5, ";;;"),
        ("张三", ";;;"),
        (0, "0;-0;;@"),
        (0.5, "0%"),
        (50_000, '0,"千"'),
        (201_203, '0000"年"00"月"'),
        (5, '[>3]0"年";0'),
        (12, "# ?/?"),
        (-3, '0"年"'),
    ],
)
def test_a_number_that_shows_as_another_or_not_at_all_is_a_fault(value: Any, code: str) -> None:
    with pytest.raises(ValueError, match=r"has a format|is a percentage"):
        as_displayed(value, code)


@pytest.mark.parametrize(
    ("name", "cell", "code", "faults"),
    [
        ("户籍地代码", 10105, "000000", "010105"),
        ("户籍地代码", 110105, "0_ ", "110105"),
        ("审判法院", "朝阳", '@"法院"', "朝阳法院"),
        ("审判法院", CellRichText("朝", TextBlock(InlineFont(b=True), "阳")), '@"法院"', "朝阳法院"),
        ("姓名", "张三", ";;;", [("姓名", "CELL")]),
        ("户籍地代码", 110105, '0"号"', [("户籍地代码", "CELL")]),
        ("户籍地代码", 110105, "0%", [("户籍地代码", "CELL")]),
        ("户籍地代码", 110105, "0.00%", [("户籍地代码", "CELL")]),
        ("户籍地代码", 110105, "# ?/?", [("户籍地代码", "CELL")]),
        ("户籍地代码", 110105, '"$"#,##0_);("$"#,##0)', "110105"),
        ("宣判日期", date(2019, 6, 3), '"约"yyyy-mm-dd', [("宣判日期", "CELL")]),
        ("宣判日期", date(2019, 6, 3), "\\约yyyy-mm-dd", [("宣判日期", "CELL")]),
        ("宣判日期", date(2019, 6, 3), "yyyy-mm-dd\\?", [("宣判日期", "CELL")]),
        ("宣判日期", date(2019, 6, 3), "约yyyy-mm-dd", [("宣判日期", "CELL")]),
        ("宣判日期", date(2019, 6, 3), "h:mm", [("宣判日期", "CELL")]),
        ("宣判日期", date(2019, 6, 3), "m-d h:mm", [("宣判日期", "CELL")]),
        ("宣判日期", date(2019, 6, 3), "[$-804]yyyy\\/m\\/d\\ \\(aaa\\);@", "2019-06-03"),
        ("宣判日期", date(2019, 6, 3), 'yyyy"年"m"月"d"日"', "2019-06-03"),
        ("备注", 5, ";;;", "110105"),
    ],
)
def test_a_cell_means_what_its_format_shows(read: Read, name: str, cell: Any, code: str, faults: Any) -> None:
    def format_(sheet: Any) -> None:
        sheet.cell(2, place(name)).number_format = code

    (item,) = read([row(Someone()) | {name: cell}], format_)
    if isinstance(faults, str):
        assert item.record is not None, item.faults
        assert faults in (
            item.record.person.household_division,
            item.record.pronounced_on,
            item.record.court.name,
        )
    else:
        assert rules(item) == faults


def _rule(**style: Any) -> Any:
    made: Any = FormulaRule
    return made(formula=["$A2>0"], **style)


def _whole_columns(parts: Parts) -> Parts:
    name = "xl/worksheets/sheet1.xml"
    return parts | {name: re.sub(rb'sqref="([A-Z]+)2:([A-Z]+)3"', rb'sqref="\1:\2"', parts[name])}


def _elsewhere(parts: Parts) -> Parts:
    """Return parts in which the rule stands as one that refers to another sheet does."""
    name = "xl/worksheets/sheet1.xml"
    old = re.search(rb'<conditionalFormatting sqref="([^"]*)">.*</conditionalFormatting>', parts[name])
    assert old is not None
    new = (
        b'<extLst><ext uri="{78C0D931}" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"'
        b' xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:conditionalFormattings>'
        b'<x14:conditionalFormatting><x14:cfRule type="expression"><xm:f>Sheet2!A1</xm:f><x14:dxf><font><strike/>'
        b"</font></x14:dxf></x14:cfRule><xm:sqref>" + old[1] + b"</xm:sqref></x14:conditionalFormatting>"
        b"</x14:conditionalFormattings></ext></extLst>"
    )
    content = parts[name].replace(old[0], b"").replace(b"</worksheet>", new + b"</worksheet>")
    return parts | {name: content}


@pytest.mark.parametrize("change", [unchanged, _whole_columns, _elsewhere])
def test_what_a_conditional_format_may_strike_out_is_a_fault_unless_the_map_allows_it(
    read: Read, change: Callable[[Parts], Parts]
) -> None:
    def strike(sheet: Any) -> None:
        letter = sheet.cell(1, place("姓名")).column_letter
        sheet.conditional_formatting.add(f"{letter}2:{letter}3", _rule(font=Font(strike=True)))

    rows = [row(Someone()), row(Someone())]
    assert [rules(item) for item in read(rows, strike, change=change)] == [[("姓名", "STRUCK")]] * 2
    allowed = read(rows, strike, change=change, add='include = ["struck"]')
    assert all(item.record is not None for item in allowed)


def test_a_conditional_format_of_colours_or_of_other_cells_does_not_matter(read: Read) -> None:
    def colour(sheet: Any) -> None:
        letter = sheet.cell(1, place("姓名")).column_letter
        sheet.conditional_formatting.add(f"{letter}2:{letter}9", _rule(fill=PatternFill(bgColor="FF0000")))
        ignored = sheet.cell(1, place("备注")).column_letter
        sheet.conditional_formatting.add(f"{ignored}2:{ignored}9", _rule(font=Font(strike=True)))
        rule = _rule()
        rule.dxf = DifferentialStyle(numFmt=NumberFormat(numFmtId=164, formatCode=";;;"))
        letter = sheet.cell(1, place("姓名")).column_letter
        sheet.conditional_formatting.add(f"{letter}3", rule)

    found = read([row(Someone(), 备注="x"), row(Someone(), 备注="x")], colour)
    assert [rules(item) for item in found] == [[], [("姓名", "STRUCK")]]


def test_an_icon_or_a_bar_in_place_of_the_value_is_a_fault(read: Read) -> None:
    def mark(sheet: Any) -> None:
        letter = sheet.cell(1, place("户籍地代码")).column_letter
        made: Any = DataBarRule
        for number, shows in ((2, False), (3, True)):
            bar = made(start_type="min", end_type="max", color="FF638EC6", showValue=shows)
            sheet.conditional_formatting.add(f"{letter}{number}", bar)

    found = read([row(Someone()), row(Someone())], mark)
    assert [rules(item) for item in found] == [[("户籍地代码", "STRUCK")], []]


def test_areas_with_rules_are_looked_at_where_they_begin_and_end() -> None:
    """A sheet may have thousands of areas: none is looked at for a row that it does not cover."""
    areas = [(1, 2, 3, 4), (1, 3, 3, 3), (5, 3, 5, 9), (1, 8, 3, 8)]
    marks = SheetMarks(ruled=[(area, None) for area in (*reversed(areas), *areas)])
    assert len(marks.changing([])) == len(areas)
    ruled, found = RuledColumns(marks.changing([])), dict[int, list[tuple[int, int]]]()
    for number in range(1, 11):
        found[number] = sorted(ruled.at(number))
    expected = {
        number: sorted({(low, high) for low, top, high, bottom in areas if top <= number <= bottom})
        for number in range(1, 11)
    }
    assert found == expected


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("北京_x005F_x000D_法院", "北京_x000D_法院"),
        ("北京_x005f_x000D_法院", "北京_x000D_法院"),
        ("北京x005F_法院", "北京x005F_法院"),
        ("北京_x5317_法院_x000A_", "北京北法院"),
        ("北京_x005F_", "北京_"),
    ],
)
@pytest.mark.parametrize("change", [unchanged, shared_texts])
def test_escapes_of_a_text_are_read_once(
    read: Read, change: Callable[[Parts], Parts], written: str, shown: str
) -> None:
    rich = CellRichText(TextBlock(InlineFont(b=True), written[:2]), written[2:])
    for cell in (written, rich):
        (item,) = read([row(Someone()) | {"审判法院": cell}], change=change)
        assert item.record is not None, item.faults
        assert item.record.court.name == shown


@pytest.mark.parametrize("written", ["王_x0000_五", "王_xD83D_五", "王_xFFFD_五", "王_xE000_五"])
def test_an_escape_of_no_character_is_a_fault(read: Read, written: str) -> None:
    (item,) = read([row(Someone()) | {"姓名": written}])
    assert rules(item) == [("姓名", "TEXT" if "0000" in written else "CELL")]


def test_a_cell_or_a_heading_with_an_escape_alone_is_read_as_it_shows(read: Read) -> None:
    def heading(sheet: Any) -> None:
        sheet.cell(1, place("姓名")).value = "姓名_x000D_"

    (item,) = read([row(Someone()) | {"曾用名": "_x000D_"}], heading)
    assert item.record is not None
    assert len(item.record.person.names) == 1
