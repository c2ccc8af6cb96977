"""Workbooks as other programs write them: texts in a part of their own, and Strict Open XML."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

Parts = dict[str, bytes]

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
