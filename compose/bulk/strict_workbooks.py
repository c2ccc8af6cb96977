"""Read a workbook of Strict Open XML (严格的 Open XML 工作簿): only its namespaces differ from the common form."""

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


def is_strict(archive: zipfile.ZipFile) -> bool:
    """Say whether a workbook is of the strict form."""
    if _BOOK not in archive.namelist():
        return False
    with archive.open(_BOOK) as book:
        return _NAMESPACES[0][0] in book.read(_HEAD)


def common_form(file: Path) -> IO[bytes]:
    """Return a copy of a strict workbook in the common form; it vanishes when it is closed."""
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  the caller closes it
    with zipfile.ZipFile(file) as strict, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as common:
        for part in strict.infolist():
            with strict.open(part) as source, common.open(part.filename, "w") as target:
                head = source.read(_HEAD)
                for namespace, usual in _NAMESPACES:
                    head = head.replace(namespace, usual)
                target.write(head)
                shutil.copyfileobj(source, target)
    copy.seek(0)
    return copy
