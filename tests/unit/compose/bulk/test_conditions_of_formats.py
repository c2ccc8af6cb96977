"""A conditional format that strikes out is a fault of the cells for which its condition may hold (R18)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule, FormulaRule, Rule
from openpyxl.styles import Font
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils.datetime import CALENDAR_WINDOWS_1900

from compose.bulk.sheet_rules import CellCondition, ConditionalCells
from tests.support.records import Someone
from tests.support.tables import row
from tests.support.workbooks import Read, place, reader, rules

_STRIKE = Font(strike=True)
_STRUCK = [("姓名", "STRUCK")]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


def by_formula(formula: str) -> Any:
    made: Any = FormulaRule
    return made(formula=[formula], font=_STRIKE)


def by_value(operator: str, *formulas: str) -> Any:
    made: Any = CellIsRule
    return made(operator=operator, formula=list(formulas), font=_STRIKE)


def by_text(kind: str, formula: str, text: str = "") -> Any:
    made: Any = Rule
    return made(type=kind, text=text, formula=[formula], dxf=DifferentialStyle(font=_STRIKE))


def found(read: Read, rule: Any, cells: list[tuple[Any, Any]], area: str = "{0}2:{0}9") -> list[bool]:
    """Return whether the name is a fault in each row, by (name, content of the ignored column beside it)."""

    def ruled(sheet: Any) -> None:
        letter = sheet.cell(1, place("姓名")).column_letter
        sheet.conditional_formatting.add(area.format(letter), rule(sheet))

    people = [row(Someone()) | {"备注": note} | ({"姓名": name} if name else {}) for name, note in cells]
    result = [rules(item) for item in read(people, ruled)]
    assert all(each in ([], _STRUCK) for each in result)
    return [bool(each) for each in result]


def noted(sheet: Any) -> str:
    """Return the letter of the column with the notes."""
    letter: str = sheet.cell(1, place("备注")).column_letter
    return letter


@pytest.mark.parametrize(
    ("condition", "cells", "faults"),
    [
        ('${0}2="作废"', ["", "作废", " 作废 ", "有效"], [False, True, True, False]),
        ('${0}2<>""', ["", "x"], [False, True]),
        ('=${0}2 = "作废"', ["有效", "作废"], [False, True]),
        ("${0}2=1", [0, 1, "1", "１", "x", ""], [False, True, True, True, False, False]),
        ("${0}2=0", ["", 0, 2], [True, True, False]),
        ("${0}2<41000", [datetime(2012, 3, 31), datetime(2012, 4, 2), "x"], [True, False, True]),
        ('${0}2="a""b"', ['A"b', "ab"], [True, False]),
        ('${0}2="作废"', ["=A1", True], [True, True]),
    ],
)
def test_a_rule_on_another_cell_of_the_row_strikes_the_rows_alone_that_it_means(
    read: Read, condition: str, cells: list[Any], faults: list[bool]
) -> None:
    contents = [("", each) for each in cells]
    assert found(read, lambda sheet: by_formula(condition.format(noted(sheet))), contents) == faults


@pytest.mark.parametrize(
    "condition",
    [
        '${0}$2="作废"', '${0}3="作废"', 'AND(${0}2="作废",TRUE)', '${0}2="作"&"废"', "${0}2=B2", "ISBLANK(${0}2)",
        'Sheet2!A1="作废"', "${0}2=TRUE", "COUNTIF(A:A,A2)>1",
    ],
)  # fmt: skip
def test_a_condition_that_is_not_computed_may_hold_for_every_cell(read: Read, condition: str) -> None:
    assert found(read, lambda sheet: by_formula(condition.format(noted(sheet))), [("", "有效")] * 2) == [
        True,
        True,
    ]


def test_a_rule_for_areas_that_begin_elsewhere_is_not_computed(read: Read) -> None:
    """Programs differ in the cell to which such a formula refers."""
    rule = by_formula('$A2="作废"')
    assert found(read, lambda _: rule, [("", "")] * 2, "{0}2:{0}3 A1:A1") == [True, True]


@pytest.mark.parametrize(
    ("rule", "cells", "faults"),
    [
        (by_value("equal", '"张三"'), ["张三", "李四"], [True, False]),
        (by_value("notEqual", '"张三"'), ["张三", "李四"], [False, True]),
        (by_value("equal", "5"), ["李四"], [False]),
        (by_value("between", "1", "9"), ["李四"], [True]),
        (by_value("equal", "$A$1"), ["李四"], [True]),
        (by_text("containsText", 'NOT(ISERROR(SEARCH("三",{0}2)))', "三"), ["张三", "李四"], [True, False]),
        (by_text("containsText", 'NOT(ISERROR(SEARCH("?",{0}2)))', "?"), ["李四"], [True]),
        (by_text("containsText", 'NOT(ISERROR(SEARCH("三",$A$1)))', "三"), ["李四"], [True]),
        (by_text("beginsWith", 'LEFT({0}2,LEN("张"))="张"', "张"), ["张三", "三张"], [True, False]),
        (by_text("endsWith", 'RIGHT({0}2,1)="张"', "张"), ["张三", "三张"], [False, True]),
        (by_text("containsBlanks", "LEN(TRIM({0}2))=0"), ["张三"], [False]),
        (by_text("containsErrors", "ISERROR({0}2)"), ["张三"], [False]),
        (by_text("notContainsBlanks", "LEN(TRIM({0}2))>0"), ["张三"], [True]),
        (by_text("duplicateValues", "1"), ["张三"], [True]),
    ],
)  # fmt: skip
def test_a_rule_on_the_cell_itself_strikes_the_cells_alone_that_it_means(
    read: Read, rule: Any, cells: list[str], faults: list[bool]
) -> None:
    def placed(sheet: Any) -> Any:
        letter = sheet.cell(1, place("姓名")).column_letter
        rule.formula = [each.replace("{0}", letter) for each in rule.formula]
        return rule

    assert found(read, placed, [(each, "") for each in cells]) == faults


def test_of_two_rules_each_counts(read: Read) -> None:
    def both(sheet: Any) -> None:
        letter = sheet.cell(1, place("姓名")).column_letter
        for name in ("张三", "李四"):
            sheet.conditional_formatting.add(f"{letter}2:{letter}9", by_value("equal", f'"{name}"'))

    people = [row(Someone()) | {"姓名": name} for name in ("张三", "李四", "王五")]
    assert [rules(item) for item in read(people, both)] == [_STRUCK, _STRUCK, []]


def test_with_very_many_conditions_for_one_row_none_is_computed() -> None:
    """A hostile sheet must not cost ten thousand comparisons for each cell; each cell is a fault then."""
    rule = ((1, 1, 1, 9), CellCondition(lambda value: value == "x"))
    cells = [openpyxl.Workbook().create_sheet().cell(1, 1, "y")]
    assert ConditionalCells([rule] * 50, CALENDAR_WINDOWS_1900).at(1, cells) == set()
    assert ConditionalCells([rule] * 51, CALENDAR_WINDOWS_1900).at(1, cells) == {0}
