"""What a sheet of a workbook says beside its cells: merged cells, hidden rows, texts that are struck out in part.

openpyxl leaves them out when it reads row by row. Merged cells are written after all rows, so the part is read once
before them; a part that has none of the words in it is only searched for them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from openpyxl.utils import range_boundaries

from federation.errors import InvalidRequest

_CHUNK = 1024 * 1024
_WORDS = (b"hidden", b'ht="0', b"ht='0", b"mergeCell", b"strike", b"vertAlign")
_MOST_MERGED = 200_000


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


def read_marks(archive: zipfile.ZipFile, part: str) -> SheetMarks:
    """Return the marks of the sheet in `part`; raises `InvalidRequest` and what a damaged part raises."""
    marks = SheetMarks()
    if not any(_occurs(archive, part)):
        return marks
    row, count, cell = 0, 0, ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, count, cell
        kind = name.rpartition(":")[2]
        if kind == "row":
            row = int(attributes.get("r", row + 1))
            if attributes.get("hidden") in ("1", "true") or _flat(attributes.get("ht")):
                marks.hidden.add(row)
        elif kind == "c":
            cell = attributes.get("r", "")
        elif kind == "strike" and attributes.get("val") not in ("0", "false"):
            marks.struck.add(cell)
        elif kind == "vertAlign" and attributes.get("val") in ("superscript", "subscript"):
            marks.raised.add(cell)
        elif kind == "mergeCell":
            count += 1
            if count > _MOST_MERGED:
                raise InvalidRequest.of(part, "SIZE", f"has more than {_MOST_MERGED} merged cells")
            first, top, last, bottom = range_boundaries(attributes["ref"])
            if first is None or top is None or last is None or bottom is None:
                raise ValueError(f"merged cells {attributes['ref'][:40]!r} have no bounds")
            marks.merged.setdefault(top, []).append((first, last, bottom))

    def refuse(*_: Any) -> None:
        raise InvalidRequest.of(part, "XLSX", "declares entities")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    with archive.open(part) as opened:
        while chunk := opened.read(_CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    return marks


def _flat(height: str | None) -> bool:
    """Say whether a row was drawn together until nothing of it was left."""
    return height is not None and float(height) == 0


def _occurs(archive: zipfile.ZipFile, part: str) -> Iterator[bool]:
    with archive.open(part) as opened:
        before = b""
        while chunk := opened.read(_CHUNK):
            yield any(word in before + chunk for word in _WORDS)
            before = chunk[-16:]
