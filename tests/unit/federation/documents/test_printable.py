"""The page to print shows a document whole, and no value in it can change what the page is."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from federation.documents.document import TITLES, code_of
from federation.documents.printable import html_of
from federation.documents.rendering import text_of
from federation.v1 import document_pb2 as pb
from federation.v1 import query_pb2


class Page(HTMLParser):
    """Reads a page as a browser would: its tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.lines: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.lines.append(data)


def document(kind: pb.DocumentKind.ValueType, name: str = "周伯通") -> pb.Document:
    made = pb.Document(
        number="justice-1-2026-000001-01",
        kind=kind,
        application="justice-1-2026-000001",
        issuer="示例市司法局",
        issued_on="2026-03-04",
        valid_until="2026-09-04",
        terms=["不得用于其他目的"],
        remedies=["可以申请复查"],
        purpose=query_pb2.PURPOSE_OWN,
        result=pb.DOCUMENT_RESULT_NONE,
    )
    made.issued_to.name = made.subject.name = name
    made.grounds.add(rule="R20", says="不符合规定", remedy="补正")
    made.code = code_of(made)
    return made


@pytest.mark.parametrize("kind", TITLES)
def test_every_kind_of_document_is_printed_with_all_its_text(kind: pb.DocumentKind.ValueType) -> None:
    made = document(kind)
    shown = "".join(Page(html_of(made)).lines)
    *lines, code = text_of(made).splitlines()
    assert code.removeprefix("验证码：") == made.code
    for part in (*lines, made.code, made.number):
        assert part in shown


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</p></body><style>*{display:none}</style>",
        "&lt;b&gt;",
        "王\u202e某",
        "李\u200b四",
        "赵\x1b[2J",
    ],
)
def test_no_name_adds_markup_or_hides(name: str) -> None:
    plain, hostile = (
        Page(html_of(document(pb.DOCUMENT_KIND_NO_RECORD_CERTIFICATE, n))) for n in ("某", name)
    )
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes
    assert not set("\u202e\u200b\x1b") & set("".join(hostile.lines))
    if name.isprintable():
        assert name in "".join(hostile.lines)


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = html_of(document(pb.DOCUMENT_KIND_RESULT_LETTER))
    assert "default-src 'none'" in page
    assert not {"script", "img", "link", "iframe", "object"} & set(Page(page).tags)
    assert not {"src", "href"} & Page(page).attributes
