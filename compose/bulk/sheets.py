"""Read the rows of a sheet as a person sees them: merged, hidden and struck-out cells, rich text, days since 1904.

A value that is merged over several rows belongs to each of them. What a person may have put aside by hiding or striking
it out is a fault, unless the map allows it (`include`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils.datetime import CALENDAR_MAC_1904, from_excel

from compose.bulk.cells import Cell, DayInPart, Since1904
from compose.bulk.mapping import Format
from compose.bulk.rows import blank
from compose.bulk.sheet_formats import as_shown, day_formats
from compose.bulk.sheet_marks import RuledColumns, SheetMarks
from compose.bulk.sheet_rules import ConditionalCells
from compose.bulk.shown_numbers import as_displayed, formats_that_say_more

#: A rule, and the sentence about it that a person reads.
_Says = tuple[str, str]
_FORMULA: Final = ("FORMULA", "holds a formula or an error: put its value there (copy, paste values)")
_HIDDEN: Final = (
    "HIDDEN",
    "is hidden, by hand or by a filter: show the row, or allow hidden rows in the map (include under [format])",
)
_STRUCK: Final = (
    "STRUCK",
    "is struck out: clear the cell or the line, or allow struck cells in the map (include under [format])",
)
_MERGED: Final = (
    "MERGED",
    "is merged with the cell beside it: unmerge them, and write each value in its own cell",
)
_RAISED: Final = (
    "RAISED",
    "has raised or lowered characters, as marks of footnotes are: take them out, or write the value in one line",
)
_TIME: Final = (
    "CELL",
    "holds a time of day or a length of time: format the column as text and type it again",
)
_NO_YEAR: Final = (
    "CELL",
    "shows a day without its year, which the spreadsheet made up, or with a text: type the whole day, as 2012-03-01",
)
_EARLY: Final = (
    "CELL",
    "holds a day before the first one that all spreadsheets count alike: format the column as text and type it again",
)
_HEADING: Final = (
    "HEADER",
    "has a heading that is merged down into it: set `header_row` to the last row of headings, or unmerge them",
)
_BY_RULE: Final = (
    "STRUCK",
    "may be struck out or shown otherwise by a conditional format: take the rule off this cell, or allow struck cells"
    " in the map (include under [format])",
)
#: Before it, programs differ on the day of a number, since Excel counts 29 February 1900.
_ALIKE: Final = datetime(1900, 3, 1)
#: The place of a fault of the whole row.
ROW: Final = -1


@dataclass(slots=True)
class SheetRow:
    """A row with its number, its values, and its faults by the place of the cell, counted from 0, or `ROW`.

    A row is blank if it has no value of its own.
    """

    number: int
    values: list[Cell]
    blank: bool
    faults: list[tuple[int, _Says]] = field(default_factory=list)


class SheetReader:
    """Reads one sheet, from its first row to its last."""

    def __init__(self, sheet: Any, marks: SheetMarks, form: Format) -> None:
        sheet.reset_dimensions()  # the size that the file states is not trusted
        self._sheet = sheet
        self._marks = marks
        self._header_row = form.header_row
        self._include = frozenset(form.include)
        self._since_1904 = sheet.parent.epoch == CALENDAR_MAC_1904
        self._struck = _struck_styles(sheet.parent)
        self._days = day_formats(sheet.parent)
        self._more = formats_that_say_more(sheet.parent)
        styles = sheet.parent._differential_styles.styles
        self._by_rule = [] if "struck" in self._include else marks.changing(styles)
        self._by_condition = [] if "struck" in self._include else marks.changing_if(styles)
        #: Column -> last row, value and faults of the merged cell that reaches into the next row.
        self._reaching: dict[int, tuple[int, Cell, list[_Says]]] = {}

    def rows(self) -> Iterator[SheetRow]:
        """Yield every row; numbers are those that the spreadsheet shows."""
        ruled = RuledColumns(self._by_rule)
        conditional = ConditionalCells(self._by_condition, self._sheet.parent.epoch)
        for number, cells in enumerate(self._sheet.iter_rows(), start=1):
            row = SheetRow(number, [self._value(cell) for cell in cells], blank=False)
            row.blank = blank(row.values)
            spans, may_hold = ruled.at(number), conditional.at(number, cells)
            for place, cell in enumerate(cells):
                row.faults += [(place, says) for says in self._faults(cell)]
                in_rule = place in may_hold or any(low <= place + 1 <= high for low, high in spans)
                if in_rule and cell.value is not None:
                    row.faults.append((place, _BY_RULE))
            self._merge(row)
            if number in self._marks.hidden and "hidden" not in self._include:
                row.faults.append((ROW, _HIDDEN))
            yield row

    def _value(self, cell: Any) -> Cell:
        value = str(cell.value) if isinstance(cell.value, CellRichText) else cell.value
        if (day := self._day(cell)) is not None:
            shown = _shown(day, self._days[cell._style_id])
            return day if shown in (None, day.date().isoformat()) else DayInPart(shown)
        if (code := self._more.get(getattr(cell, "_style_id", -1))) is not None:
            try:
                if (displayed := as_displayed(value, code)) is not value:
                    return displayed
            except ValueError:
                return value  # a fault of the cell
        if self._since_1904 and type(value) in (int, float):
            return Since1904(value)
        return value if isinstance(value, str | int | float | date) or value is None else str(value)

    def _day(self, cell: Any) -> datetime | None:
        """Return the day that a cell holds and its format shows, also where openpyxl does not know the format."""
        value = cell.value
        if value is None or getattr(cell, "_style_id", None) not in self._days:
            return None
        if type(value) in (int, float):
            try:
                value = from_excel(value, self._sheet.parent.epoch)
            except (OverflowError, ValueError):
                return None
        return value if isinstance(value, datetime) else None

    def _faults(self, cell: Any) -> Iterator[_Says]:
        value = cell.value
        if value is None:
            return
        if cell.data_type in ("f", "e"):
            yield _FORMULA
        elif not isinstance(value, str | int | float | date | CellRichText):
            yield _TIME
        elif (day := self._day(cell)) is not None and day < max(_ALIKE, self._sheet.parent.epoch):
            yield _EARLY
        elif day is not None and _shown(day, self._days[cell._style_id]) is None:
            yield _NO_YEAR
        elif (code := self._more.get(cell._style_id)) is not None:
            try:
                as_displayed(str(value) if isinstance(value, CellRichText) else value, code)
            except ValueError as error:
                yield "CELL", f"{error} ({code[:40]}): format the column as text and type it again"
        if self._is_raised(cell):
            yield _RAISED
        if "struck" not in self._include and self._is_struck(cell):
            yield _STRUCK

    def _is_struck(self, cell: Any) -> bool:
        """Say whether a cell, or a part of its text, is struck out."""
        if getattr(cell, "_style_id", None) in self._struck:
            return True
        if isinstance(cell.value, CellRichText):
            return any(isinstance(part, TextBlock) and part.font.strike for part in cell.value)
        return bool(self._marks.struck) and cell.coordinate in self._marks.struck

    def _is_raised(self, cell: Any) -> bool:
        """Say whether a part of the text stands above or below its line."""
        if isinstance(cell.value, CellRichText):
            raised = ("superscript", "subscript")
            return any(isinstance(part, TextBlock) and part.font.vertAlign in raised for part in cell.value)
        return bool(self._marks.raised) and cell.coordinate in self._marks.raised

    def _merge(self, row: SheetRow) -> None:
        """Give a row the values that are merged over it from above, and note those that begin in it."""
        for place, (last, value, faults) in list(self._reaching.items()):
            if row.number > last:
                del self._reaching[place]
                continue
            row.values += [None] * (place + 1 - len(row.values))
            row.values[place] = value
            row.faults += [(place, says) for says in faults]
        for first, last, bottom in self._marks.merged.get(row.number, ()):
            value = row.values[first - 1] if first <= len(row.values) else None
            if value is None:
                continue
            faults = [says for place, says in row.faults if place == first - 1]
            if last > first:
                row.faults += [(place, _MERGED) for place in range(first - 1, last)]
                faults.append(_MERGED)
            if row.number <= self._header_row < bottom:
                faults.append(_HEADING)
            if bottom > row.number:
                self._reaching[first - 1] = (bottom, value, faults)


def _shown(day: datetime, code: str) -> str | None:
    """Return what a cell shows of its day; None without a year."""
    try:
        return as_shown(day, code)
    except ValueError:
        return None


def _struck_styles(book: Any) -> frozenset[int]:
    fonts: Sequence[Any] = book._fonts
    return frozenset(n for n, style in enumerate(book._cell_styles) if fonts[style.fontId].strike)
