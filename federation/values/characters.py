"""Invisible characters, characters that control a terminal, and the full-width forms of characters used in tables.

Used by all code that reads values which people typed, and by all code that shows them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Control, format, surrogate and unassigned characters, line and paragraph separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
#: Letters, marks and symbols that are nevertheless invisible: fillers, joiners, variation selectors.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: Full-width forms, radicals, and the ideographs that Unicode holds twice.
_FOLDED = re.compile("[\uff01-\uff5e\u2f00-\u2fd5\uf900-\ufaff]")
_SPACE = re.compile(r"[ \t\r\n\u00a0\u2000-\u200a\u202f\u205f\u3000]")


def visible(text: str) -> str:
    r"""Return `text` on one line with everything unsafe written out: U+202E as \u202e, a line feed as \n.

    The result can neither move a cursor, change a colour, reverse a line, nor hide: no C0 or C1 control, escape,
    bidirectional control, zero-width character, byte-order mark, tag, variation selector, surrogate or unassigned
    code point. A backslash in the original stays unchanged.
    """
    if text.isprintable() and not _BLANK.search(text):
        return text
    return "".join(map(_visible, text))


def is_unsafe(character: str) -> bool:
    """Say whether `visible` writes this character out.

    Code points of planes 2 and 3 never are, even if unassigned: they are Chinese characters, used in names, and each
    version of Unicode adds new ones.
    """
    if "\U00020000" <= character <= "\U0003fffd":
        return False
    return unicodedata.category(character) in _UNSAFE or _BLANK.match(character) is not None


@lru_cache(maxsize=4096)
def _visible(character: str) -> str:
    if not is_unsafe(character):
        return character
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def half_width(text: str) -> str:
    """Return `text` with full-width digits, letters and signs in half width, and every kind of space as one.

    The radicals ⽇ and ⽉, which copying from a PDF leaves instead of 日 and 月, become 日 and 月. No other
    compatibility forms of Unicode are folded: a footnote's ² never becomes a digit of the number before it.
    """
    return "".join(map(_half, text))


@lru_cache(maxsize=4096)
def _half(character: str) -> str:
    if _SPACE.match(character):
        return " "
    if _FOLDED.match(character):
        return unicodedata.normalize("NFKC", character)
    return character


def insist_visible(text: str) -> None:
    """Raise `ValueError`, naming the first one, if `text` holds an invisible character. White space is permitted."""
    for character in text:
        if is_unsafe(character) and not _SPACE.match(character):
            raise ValueError(f"holds the invisible character U+{ord(character):04X}: type the value again")
