"""Characters that a person cannot see or that a terminal obeys, and the full-width forms of the ones that a table uses.

Used by everything that reads a value which people typed, and by everything that shows one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Control, format, surrogate and unassigned characters, line and paragraph separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
#: Letters, marks and symbols that are nevertheless drawn as nothing: fillers, joiners, variation selectors.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: Full-width forms, radicals, and the ideographs that Unicode holds twice.
_FOLDED = re.compile("[\uff01-\uff5e\u2f00-\u2fd5\uf900-\ufaff]")
_SPACE = re.compile(r"[ \t\r\n\u00a0\u2000-\u200a\u202f\u205f\u3000]")


def visible(text: str) -> str:
    r"""Return `text` on one line with everything unsafe written out: U+202E as \u202e, a line feed as \n.

    What is left can neither move a cursor, change a colour, reverse a line, nor hide: no C0 or C1 control, escape,
    bidirectional control, zero-width character, byte-order mark, tag, variation selector, surrogate or unassigned
    code point. A backslash that was there before stays as it is.
    """
    if text.isprintable() and not _BLANK.search(text):
        return text
    return "".join(map(_visible, text))


def is_unsafe(character: str) -> bool:
    """Say whether `visible` writes this character out.

    Code points of planes 2 and 3 are not, assigned or not: they are Chinese characters, new ones in each version of
    Unicode, and stand in names.
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

    The radicals ⽇ and ⽉ that copying from a PDF leaves in the place of 日 and 月 become those. Nothing else of
    Unicode's compatibility forms is folded: a footnote's ² never becomes a digit of the number before it.
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
    """Raise `ValueError`, naming the first one, if `text` holds a character that nobody sees. White space may stay."""
    for character in text:
        if is_unsafe(character) and not _SPACE.match(character):
            raise ValueError(f"holds the invisible character U+{ord(character):04X}: type the value again")
