"""Whether a conditional format may hold for a cell: computed where its condition is simple, else assumed to hold.

Computed are comparisons with a constant, of the cell itself or of one in the same row (`$K2="作废"`), and conditions on
the text of the cell. A condition does not hold only where this is plain; where programs might differ, it may.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from openpyxl.cell.rich_text import CellRichText
from openpyxl.utils import column_index_from_string
from openpyxl.utils import datetime as serials

from federation.values.characters import half_width

#: First column, first row, last column, last row, counted from 1.
Area = tuple[int, int, int, int]
_Constant = str | float
_Plain = str | float | None
_MayHold = Callable[[_Plain], bool]
#: With more conditions for one row, none is computed: each may hold.
_MOST_AT_ONCE: Final = 50
#: Has no types of its own.
_SERIAL_OF: Final[Callable[[date, datetime], float]] = serials.to_excel
_OPERATORS: Final = {
    "equal": "=",
    "notEqual": "<>",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
}
_CONSTANT: Final = r'"(?:[^"]|"")*"|[+-]?[0-9]+(?:\.[0-9]+)?'
_COMPARISON: Final = re.compile(rf"(\$?)([A-Z]{{1,3}})([0-9]{{1,7}}) *(=|<>|<=|>=|<|>) *({_CONSTANT})")
_CELL: Final = r"(?P<column>[A-Z]{1,3})(?P<row>[0-9]{1,7})"
_QUOTED: Final = r'"(?P<text>(?:[^"]|"")*)"'
#: Kind of rule -> the formula that spreadsheets write for it, and whether it may hold for (a text, the text sought).
_OF_TEXT: Final[dict[str, tuple[re.Pattern[str], Callable[[str, str], bool]]]] = {
    "containsText": (
        re.compile(rf"NOT\(ISERROR\(SEARCH\({_QUOTED},{_CELL}\)\)\)"),
        lambda own, sought: sought in own,
    ),
    "beginsWith": (
        re.compile(rf'LEFT\({_CELL},(?:[0-9]+|LEN\("(?:[^"]|"")*"\))\)={_QUOTED}'),
        lambda own, sought: own.startswith(sought),
    ),
    "endsWith": (
        re.compile(rf'RIGHT\({_CELL},(?:[0-9]+|LEN\("(?:[^"]|"")*"\))\)={_QUOTED}'),
        lambda own, sought: own.endswith(sought),
    ),
    "containsBlanks": (re.compile(rf"LEN\(TRIM\({_CELL}\)\)=0"), lambda own, _: not own),
    "containsErrors": (re.compile(rf"ISERROR\({_CELL}\)"), lambda own, _: own.startswith("#")),
}


@dataclass(frozen=True, slots=True)
class CellCondition:
    """A condition on one cell in the row: in a fixed column, or so many columns from the cell that is formatted."""

    may_hold: _MayHold
    column: int = 0
    fixed: bool = False

    def may_hold_at(self, place: int, cells: Sequence[Any], epoch: datetime) -> bool:
        """Say whether the condition may hold for the cell at `place`, counted from 0, of a row."""
        at = self.column if self.fixed else place + self.column
        if not 0 <= at < len(cells):
            return self.may_hold(None)
        cell = cells[at]
        if cell.data_type in ("f", "e"):
            return True
        value = cell.value
        if isinstance(value, CellRichText):
            value = str(value)
        if isinstance(value, date):
            value = _SERIAL_OF(value, epoch)
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            return True
        return self.may_hold(value)


def condition_of(
    attributes: dict[str, str], formulas: Sequence[str], areas: Sequence[Area]
) -> CellCondition | None:
    """Return the condition of a rule for `areas`; None for one that is not computed."""
    kind = attributes.get("type", "")
    if kind == "cellIs":
        return _of_value(attributes.get("operator", ""), formulas)
    start = areas[0][:2]
    if len(formulas) != 1 or start != (min(area[0] for area in areas), min(area[1] for area in areas)):
        return None  # programs differ in the cell to which the formula refers
    formula = formulas[0].strip().removeprefix("=")
    if kind == "expression" and (match := _COMPARISON.fullmatch(formula)):
        return _of_row(match, start)
    if kind in _OF_TEXT:
        form, holds = _OF_TEXT[kind]
        found = form.fullmatch(formula)
        if found and (column_index_from_string(found["column"]), int(found["row"])) == start:
            return _of_text(found.groupdict().get("text", ""), holds)
    return None


def _of_value(operator: str, formulas: Sequence[str]) -> CellCondition | None:
    constants = [_constant(each) for each in formulas]
    if operator in _OPERATORS and len(constants) == 1 and constants[0] is not None:
        sign, only = _OPERATORS[operator], constants[0]
        return CellCondition(lambda value: _may(value, sign, only))
    low, high = constants if len(constants) == 2 else (None, None)
    if not isinstance(low, float) or not isinstance(high, float):
        return None
    least, most = sorted((low, high))
    if operator == "between":
        return CellCondition(lambda value: _may(value, ">=", least) and _may(value, "<=", most))
    if operator == "notBetween":
        return CellCondition(lambda value: _may(value, "<", least) or _may(value, ">", most))
    return None


def _of_row(match: re.Match[str], start: tuple[int, int]) -> CellCondition | None:
    constant = _constant(match[5])
    if int(match[3]) != start[1] or constant is None:
        return None
    column, fixed = column_index_from_string(match[2]), bool(match[1])
    place = column - 1 if fixed else column - start[0]
    return CellCondition(lambda value: _may(value, match[4], constant), place, fixed)


def _of_text(sought: str, holds: Callable[[str, str], bool]) -> CellCondition | None:
    sought = _folded(sought.replace('""', '"'))
    if re.search("[?*~]", sought):
        return None
    return CellCondition(lambda value: holds(_folded(value), sought) if isinstance(value, str) else True)


def _constant(formula: str) -> _Constant | None:
    text = formula.strip().removeprefix("=").strip()
    if not re.fullmatch(_CONSTANT, text):
        return None
    return text[1:-1].replace('""', '"') if text.startswith('"') else float(text)


def _folded(text: str) -> str:
    return half_width(text).strip().casefold()


def _may(value: _Plain, sign: str, constant: _Constant) -> bool:
    """Say whether a comparison may hold; of an empty cell with a text it is that of "", with a number that of 0."""
    if value is None or value == "":
        value = "" if isinstance(constant, str) else 0.0
    if isinstance(value, str) != isinstance(constant, str):
        return sign != "=" or _folded(_as_typed(value)) == _folded(_as_typed(constant))
    if isinstance(value, str) or isinstance(constant, str):
        same = _folded(str(value)) == _folded(str(constant))
        return same if sign == "=" else value != constant if sign == "<>" else True
    if sign == "<>":
        return value != constant
    close = math.isclose(value, constant, rel_tol=1e-9, abs_tol=1e-9)
    return close or (sign.startswith("<") and value < constant) or (sign.startswith(">") and value > constant)


def _as_typed(value: _Constant) -> str:
    """Return a number as it is typed, and a text that is one in the same form."""
    try:
        return f"{float(half_width(value) if isinstance(value, str) else value):.15g}"
    except ValueError:
        return str(value)


class ConditionalCells:
    """The conditions of a sheet, row after row."""

    def __init__(self, rules: Sequence[tuple[Area, CellCondition]], epoch: datetime) -> None:
        """`rules` are in the order of the first rows of their areas."""
        self._rules, self._next, self._epoch = rules, 0, epoch
        self._active: list[tuple[Area, CellCondition]] = []

    def at(self, row: int, cells: Sequence[Any]) -> set[int]:
        """Return the places of the cells, counted from 0, for which a condition may hold; rows come in their order."""
        while self._next < len(self._rules) and self._rules[self._next][0][1] <= row:
            self._active.append(self._rules[self._next])
            self._next += 1
        self._active = [each for each in self._active if each[0][3] >= row]
        compute = len(self._active) <= _MOST_AT_ONCE
        return {
            place
            for (first, _, last, _), condition in self._active
            for place in range(first - 1, min(last, len(cells)))
            if not compute or condition.may_hold_at(place, cells, self._epoch)
        }
