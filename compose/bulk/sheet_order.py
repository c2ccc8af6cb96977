"""The rows of a sheet must stand in their order: openpyxl leaves out any that comes after a later one, in silence."""

from __future__ import annotations

import re
import zipfile
from typing import Final

from federation.errors import InvalidRequest

_CHUNK: Final = 1024 * 1024
_ROW: Final = re.compile(rb"<(?:[A-Za-z0-9_]+:)?row(?=[\s/>])([^>]*)>")
_NUMBER: Final = re.compile(rb"""(?:^|\s)r\s*=\s*["']([0-9]+)["']""")


def insist_order(archive: zipfile.ZipFile, part: str) -> None:
    """Raise `InvalidRequest` where a row of the sheet in `part` has no greater number than the one before it."""
    last, rest = 0, b""
    with archive.open(part) as opened:
        while chunk := opened.read(_CHUNK):
            text = rest + chunk
            done = 0
            for row in _ROW.finditer(text):
                number = _NUMBER.search(row[1])
                here = int(number[1]) if number else last + 1
                if here <= last:
                    says = f"has row {here} after row {last}: open it and save it again as .xlsx"
                    raise InvalidRequest.of(part, "XLSX", says)
                last, done = here, row.end()
            # A tag may go on in the next chunk.
            rest = text[max(done, text.rfind(b"<")) :][-_CHUNK:]
