"""Workbooks as other programs write them: texts in a part of their own, Strict Open XML; and their import."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from compose.bulk.map_file import load_map
from compose.bulk.source import SourceRow, open_source
from tests.support.tables import HEADER, MAP

Parts = dict[str, bytes]
Read = Callable[..., list[SourceRow]]

_STRICT = (
    (
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    ),
    (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
)
_MAIN, _RELATIONS = (usual.decode() for usual, _ in _STRICT)


def repacked(packed: bytes, change: Callable[[Parts], Parts]) -> bytes:
    """Return a workbook whose parts were changed."""
    with zipfile.ZipFile(io.BytesIO(packed)) as old:
        parts = change({part: old.read(part) for part in old.namelist()})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def unchanged(parts: Parts) -> Parts:
    """Return the parts as openpyxl writes them."""
    return parts


def strict(parts: Parts) -> Parts:
    """Return the parts of the same workbook in the strict form."""
    for usual, namespace in _STRICT:
        parts = {name: content.replace(usual, namespace) for name, content in parts.items()}
    return parts


def shared_texts(parts: Parts) -> Parts:
    """Return the parts with the texts of all cells in `sharedStrings.xml`, where Excel and WPS write them."""
    texts: list[bytes] = []

    def move(match: re.Match[bytes]) -> bytes:
        texts.append(b"<si>" + match[1] + b"</si>")
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    sheet, book = "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"
    moved = re.sub(rb't="inlineStr"><is>(.*?)</is>', move, parts[sheet], flags=re.DOTALL)
    table = f'<sst xmlns="{_MAIN}">'.encode() + b"".join(texts) + b"</sst>"
    relation = (
        f'<Relationship Id="rTexts" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'.encode()
    )
    kind = (
        b'<Override PartName="/xl/sharedStrings.xml" '
        b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    )
    return parts | {
        sheet: moved,
        "xl/sharedStrings.xml": table,
        book: parts[book].replace(b"</Relationships>", relation + b"</Relationships>"),
        "[Content_Types].xml": parts["[Content_Types].xml"].replace(b"</Types>", kind + b"</Types>"),
    }


def reader(folder: Path) -> Read:
    """Return a function that writes rows into a workbook, lets `edit` change it, and imports it."""

    def written(
        rows: list[dict[str, Any]],
        edit: Callable[[Any], None] = lambda sheet: None,
        *,
        add: str = "",
        change: Callable[[Parts], Parts] = unchanged,
    ) -> list[SourceRow]:
        book, file, map_file = openpyxl.Workbook(), folder / "t.xlsx", folder / "map.toml"
        sheet: Any = book.active
        sheet.append(HEADER)
        for each in rows:
            sheet.append([each[name] for name in HEADER])
        edit(sheet)
        packed = io.BytesIO()
        book.save(packed)
        file.write_bytes(repacked(packed.getvalue(), change))
        map_file.write_text(MAP.read_text("utf-8").replace("[format]", f"[format]\n{add}"), "utf-8")
        return list(open_source(file, load_map(map_file)).items())

    return written


def place(name: str) -> int:
    """Return the column of a heading, counted from 1."""
    return HEADER.index(name) + 1


def rules(item: SourceRow) -> list[tuple[str, str]]:
    """Return the field and rule of each fault."""
    return [(fault.field, fault.rule) for fault in item.faults]
