"""Copy a workbook into the form that openpyxl reads: Strict Open XML (严格的 Open XML 工作簿), and escaped escapes.

Of the strict form only the namespaces differ. A text that looks like an escape is written with an escape before it,
_x005F_x000D_ for _x000D_; openpyxl takes `x005F_` out of any shared text, so that nothing tells the two apart.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Final

#: How each namespace of the strict form begins -> the common one.
_NAMESPACES: Final = (
    (
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)
#: Bytes at the beginning of a part in which its namespaces stand.
_HEAD: Final = 256 * 1024
_IN_MEMORY: Final = 32 * 1024 * 1024
_BOOK: Final = "xl/workbook.xml"
_TEXTS: Final = "sharedstrings"
#: What openpyxl takes out of texts, and what is left as the former when it does.
_TAKEN_OUT: Final = b"x005F_"
_KEPT: Final = b"x00x005F_5F_"


def is_strict(archive: zipfile.ZipFile) -> bool:
    """Say whether a workbook is of the strict form."""
    if _BOOK not in archive.namelist():
        return False
    with archive.open(_BOOK) as book:
        return _NAMESPACES[0][0] in book.read(_HEAD)


def has_escaped_escapes(archive: zipfile.ZipFile) -> bool:
    """Say whether a shared text of a workbook holds what openpyxl takes out."""
    for part in archive.infolist():
        if _has_texts(part):
            with archive.open(part) as source:
                before = b""
                while chunk := source.read(_HEAD):
                    if _TAKEN_OUT in before + chunk:
                        return True
                    before = chunk[-len(_TAKEN_OUT) :]
    return False


def _has_texts(part: zipfile.ZipInfo) -> bool:
    return _TEXTS in part.filename.lower()


def common_form(file: Path) -> IO[bytes]:
    """Return a copy of a workbook in the common form, with escapes as they stand; it vanishes when it is closed."""
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  the caller closes it
    with zipfile.ZipFile(file) as strict, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as common:
        for part in strict.infolist():
            with strict.open(part) as source, common.open(part.filename, "w") as target:
                head = source.read(_HEAD)
                for namespace, usual in _NAMESPACES:
                    head = head.replace(namespace, usual)
                if _has_texts(part):
                    _keep_escapes(head, source, target)
                else:
                    target.write(head)
                    shutil.copyfileobj(source, target)
    copy.seek(0)
    return copy


def _keep_escapes(head: bytes, source: IO[bytes], target: IO[bytes]) -> None:
    rest, chunk = b"", head
    while chunk:
        rest += chunk
        last = rest.rfind(_TAKEN_OUT)
        done = max(0, len(rest) - len(_TAKEN_OUT) + 1, last + len(_TAKEN_OUT) if last >= 0 else 0)
        target.write(rest[:done].replace(_TAKEN_OUT, _KEPT))
        rest, chunk = rest[done:], source.read(_HEAD)
    target.write(rest)
