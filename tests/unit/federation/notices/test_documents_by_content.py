"""A document is taken for what its content is, whatever its name ends with (R62)."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.errors import InvalidRequest
from federation.notices.containers import is_ofd
from federation.notices.documents import describe, insist_beginning
from tests.support.documents import container

PDF = b"%PDF-1.4\n%%EOF\n"
OFD = container("OFD.xml", "Doc_0/Document.xml")
DOCX = container("[Content_Types].xml", "word/document.xml")


def described(folder: Path, content: bytes, media_type: str = "") -> str:
    file = folder / "document"
    file.write_bytes(content)
    return describe(file, media_type).media_type


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (b"\n" + PDF, "application/pdf"),
        (b"\xef\xbb\xbf\r\n \t" + PDF, "application/pdf"),
        (OFD, "application/ofd"),
        (container("Doc_0/Document.xml", "OFD.xml"), "application/ofd"),
        (container("OFD.xml", comment=b"PK"), "application/ofd"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\n{}", "application/json"),
        ("判决书".encode(), "text/plain"),
        (b"about %PDF-1.4", "text/plain"),
    ],
)
def test_r62_content_tells_its_type(tmp_path: Path, content: bytes, media_type: str) -> None:
    assert described(tmp_path, content) == media_type
    assert described(tmp_path, content, media_type) == media_type


@pytest.mark.parametrize("names", [["word/document.xml"], ["Doc_0/OFD.xml"], ["OFD.xml.bak"], []])
def test_r62_another_container_is_no_ofd(tmp_path: Path, names: list[str]) -> None:
    content = container(*names) if names else OFD[: len(OFD) // 2]
    for announced in ("", "application/ofd"):
        with pytest.raises(InvalidRequest) as caught:
            described(tmp_path, content, announced)
        (violation,) = caught.value.violations
        assert (violation.field, violation.rule) == ("media_type", "TYPE")
        assert "DOCX" in violation.message


def test_r62_a_pdf_announced_as_text_is_refused(tmp_path: Path) -> None:
    for content in (PDF, b"\n" + PDF):
        with pytest.raises(InvalidRequest):
            described(tmp_path, content, "text/plain")
    insist_beginning("text/plain", b'{"matter": 1}')


def test_r62_text_that_breaks_late_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        described(tmp_path, b"x" * (1 << 20) + b"\xff")


def test_r62_a_damaged_directory_names_no_entries() -> None:
    for cut in range(len(OFD)):
        assert not is_ofd(OFD[:cut])
    for at in range(len(OFD)):
        is_ofd(OFD[:at] + b"\xff" * 4 + OFD[at + 4 :])
