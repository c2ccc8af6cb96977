"""A document as a page to print: its text, its number and its verification code, in one HTML file without scripts.

The page is for people. What counts is the signed file next to it (`federation.documents.file`), or the answer of the
agency that issued it, given number and code.
"""

from __future__ import annotations

from html import escape
from typing import Final

from federation.documents.document import TITLES
from federation.documents.rendering import text_of
from federation.v1 import document_pb2 as pb
from federation.values.characters import visible

_STYLE: Final = """
@page { size: A4; margin: 30mm 26mm; }
body { max-width: 158mm; margin: 12mm auto; font: 12pt/1.9 "FangSong", "仿宋", "Noto Serif CJK SC", serif; }
h1 { margin: 0 0 8mm; text-align: center; font-size: 20pt; letter-spacing: .15em; }
p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
p.number { text-align: right; }
footer { margin-top: 12mm; border-top: 1px solid; padding-top: 3mm; font-size: 10pt; break-inside: avoid; }
footer b { font-family: monospace; font-size: 13pt; letter-spacing: .1em; }
"""


def html_of(document: pb.Document) -> str:
    """Return the page; the same data give the same page.

    No value can add markup to it: everything is escaped, and what is invisible or turns text around is written out.
    The page loads nothing and runs nothing, also in a browser that ignores its policy.
    """
    title = TITLES.get(document.kind, "文书")
    _, number, *lines = text_of(document).rstrip("\n").split("\n")
    *body, _ = lines  # the code, which the foot of the page has
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="zh-CN">',
            "<head>",
            '<meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{_text(title)} {_text(document.number)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            f"<h1>{_text(title)}</h1>",
            f'<p class="number">{_text(number)}</p>',
            *(f"<p>{_text(line) or '&nbsp;'}</p>" for line in body),
            "<footer>",
            f"<p>编号：{_text(document.number)}　验证码：<b>{_text(document.code)}</b></p>",
            "<p>核验：凭编号和验证码向出具机关或者犯罪记录查询窗口核实本文书是否有效。"
            "以带有数字签名的电子文件为准，打印件与其不一致的，打印件无效。</p>",
            "</footer>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _text(value: str) -> str:
    return escape(visible(value), quote=True)
