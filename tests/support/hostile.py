"""Texts that a terminal would obey or nobody would see, and what of them is unsafe to print."""

from __future__ import annotations

import unicodedata

HOSTILE = (
    "JOHN [aka jack] DOE",
    "[/x]",
    "[bold]x[/bold] \\[y] [link=file:///]z",
    ":smile: {0} %s",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "a\r\nFinding: NO_RECORD",
    "张\u202e三\u2066四\u2069",
    "张\u200b三\ufeff\u00ad",
    "\U000e0041\U000e007f\ufe0f",
    "\udc9b",
    "x\\",
)


def unsafe_in(text: str) -> set[str]:
    """Return what may not reach a terminal; found apart from the product, by Unicode's own categories."""
    return {
        c
        for c in text
        if (c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp"))
        or "\ufe00" <= c <= "\ufe0f"
    }
