"""What a sheet shows that is in no value of a cell: merged cells, hidden rows, struck-out texts, conditional formats.

openpyxl leaves them out when it reads row by row. Merged cells and rules are written after all rows, so the part is
read once before them; a part that has none of the words in it is only searched for them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from openpyxl.utils import range_boundaries

from compose.bulk.sheet_rules import Area, CellCondition, condition_of
from federation.errors import InvalidRequest

_CHUNK = 1024 * 1024
_WORDS = (b"hidden", b'ht="0', b"ht='0", b"mergeCell", b"strike", b"vertAlign", b"conditionalF")
_MOST_MERGED = 200_000
_MOST_RULED = 10_000
_LAST_COLUMN, _LAST_ROW = 16_384, 1_048_576


@dataclass(slots=True)
class SheetMarks:
    """The hidden rows, and the merged cells by the row in which they begin: first and last column, last row.

    Rows and columns are counted from 1. `struck` and `raised` are the names (B2) of cells with a text of their own that
    is struck out, raised or lowered in part; shared texts say it themselves.
    """

    hidden: set[int] = field(default_factory=set)
    merged: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    struck: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)
    #: Areas with a conditional format: the number of its style, None for one that strikes out or changes what is shown.
    ruled: list[tuple[Area, int | None]] = field(default_factory=list)
    #: Those of them whose condition can be computed, with it.
    computed: list[tuple[Area, int, CellCondition]] = field(default_factory=list)

    def changing(self, styles: Sequence[Any]) -> list[Area]:
        """Return the areas whose conditional format, one of `styles`, may strike out or change what is shown.

        Each once, in the order of their first rows.
        """
        areas = {area for area, style in self.ruled if style is None or _changes(styles[style])}
        return sorted(areas, key=lambda area: area[1])

    def changing_if(self, styles: Sequence[Any]) -> list[tuple[Area, CellCondition]]:
        """Return such areas whose condition can be computed, with it, in the order of their first rows."""
        found = [(area, condition) for area, style, condition in self.computed if _changes(styles[style])]
        return sorted(found, key=lambda each: each[0][1])


class RuledColumns:
    """The columns with a conditional format, row after row: a sheet may have thousands of areas of a few rows."""

    def __init__(self, areas: Sequence[Area]) -> None:
        """`areas` are in the order of their first rows."""
        self._areas, self._next = areas, 0
        #: First and last column -> the last row with a conditional format there.
        self._spans: dict[tuple[int, int], int] = {}

    def at(self, row: int) -> list[tuple[int, int]]:
        """Return first and last column of each area that covers `row`; rows are asked for in their order."""
        while self._next < len(self._areas) and self._areas[self._next][1] <= row:
            low, _, high, bottom = self._areas[self._next]
            self._spans[low, high] = max(bottom, self._spans.get((low, high), 0))
            self._next += 1
        for span in [span for span, bottom in self._spans.items() if bottom < row]:
            del self._spans[span]
        return [*self._spans]


def read_marks(archive: zipfile.ZipFile, part: str) -> SheetMarks:
    """Return the marks of the sheet in `part`; raises `InvalidRequest` and what a damaged part raises."""
    marks = SheetMarks()
    if not any(_occurs(archive, part)):
        return marks
    reader = _MarkReader(part, marks)

    def refuse(*_: Any) -> None:
        raise InvalidRequest.of(part, "XLSX", "declares entities")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = refuse
    with archive.open(part) as opened:
        while chunk := opened.read(_CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    return marks


class _MarkReader:
    """Takes the elements of a sheet one after the other and notes its marks."""

    def __init__(self, part: str, marks: SheetMarks) -> None:
        self._part, self._marks = part, marks
        self._row, self._merged, self._cell = 0, 0, ""
        #: Of the conditional format that is being read: its cells, its styles, and the text of its element `sqref`.
        self._cells, self._styles = "", list[int | None]()
        self._reads_cells = self._in_rules = False
        #: Of the rule that is being read: its attributes, the texts of its formulas, and whether one is being read.
        self._attributes, self._formulas = dict[str, str](), list[str]()
        self._reads_formula = False
        self._conditions = list[tuple[int, dict[str, str], list[str]]]()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if self._in_rules:
            self._rule(kind, attributes)
        elif kind == "conditionalFormatting":
            self._in_rules, self._cells, self._styles = True, attributes.get("sqref", ""), []
            self._conditions = []
        elif kind == "row":
            self._row = int(attributes.get("r", self._row + 1))
            if attributes.get("hidden") in ("1", "true") or _flat(attributes.get("ht")):
                self._marks.hidden.add(self._row)
        elif kind == "c":
            self._cell = attributes.get("r", "")
        elif kind == "strike" and attributes.get("val") not in ("0", "false"):
            self._marks.struck.add(self._cell)
        elif kind == "vertAlign" and attributes.get("val") in ("superscript", "subscript"):
            self._marks.raised.add(self._cell)
        elif kind == "mergeCell":
            self._merged += 1
            if self._merged > _MOST_MERGED:
                raise InvalidRequest.of(self._part, "SIZE", f"has more than {_MOST_MERGED} merged cells")
            first, top, last, bottom = _bounds(attributes["ref"])
            self._marks.merged.setdefault(top, []).append((first, last, bottom))

    def _rule(self, kind: str, attributes: dict[str, str]) -> None:
        if kind == "cfRule":
            self._attributes, self._formulas = attributes, []
        elif kind == "formula":
            self._reads_formula = True
            self._formulas.append("")
        elif (kind == "strike" and attributes.get("val") not in ("0", "false")) or kind == "numFmt":
            self._styles.append(None)  # rules that refer to other sheets hold their style themselves
        elif kind in ("iconSet", "dataBar") and attributes.get("showValue") in ("0", "false"):
            self._styles.append(None)  # an icon or a bar in place of the value
        elif kind == "sqref":
            self._reads_cells = True

    def text(self, content: str) -> None:
        if self._reads_cells:
            self._cells += content
        elif self._reads_formula:
            self._formulas[-1] += content

    def end(self, name: str) -> None:
        kind = name.rpartition(":")[2]
        if kind == "sqref":
            self._reads_cells = False
        elif kind == "formula":
            self._reads_formula = False
        elif kind == "cfRule" and "dxfId" in self._attributes:
            style = int(self._attributes["dxfId"])
            self._conditions.append((style, self._attributes, self._formulas))
        elif kind == "conditionalFormatting":
            self._in_rules = False
            if self._styles or self._conditions:
                self._note_rules([_bounds(ref) for ref in self._cells.split()])

    def _note_rules(self, areas: list[Area]) -> None:
        ruled, computed = self._marks.ruled, self._marks.computed
        for style, attributes, formulas in self._conditions:
            condition = condition_of(attributes, formulas, areas) if areas else None
            if condition is None:
                self._styles.append(style)
            else:
                computed += [(area, style, condition) for area in areas]
        ruled += [(area, style) for area in areas for style in self._styles]
        if len(ruled) + len(computed) > _MOST_RULED:
            raise InvalidRequest.of(self._part, "SIZE", f"has more than {_MOST_RULED} conditional formats")


def _bounds(ref: str) -> Area:
    first, top, last, bottom = range_boundaries(ref)
    return (
        first or 1,
        top or 1,
        last or _LAST_COLUMN,
        bottom or _LAST_ROW,
    )  # whole columns are A:A, whole rows 1:1


def _changes(style: Any) -> bool:
    return bool(style.font is not None and style.font.strike) or style.numFmt is not None


def _flat(height: str | None) -> bool:
    """Say whether a row was drawn together until nothing of it was left."""
    return height is not None and float(height) == 0


def _occurs(archive: zipfile.ZipFile, part: str) -> Iterator[bool]:
    with archive.open(part) as opened:
        before = b""
        while chunk := opened.read(_CHUNK):
            yield any(word in before + chunk for word in _WORDS)
            before = chunk[-16:]
