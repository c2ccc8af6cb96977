"""Invisible characters, characters that control a terminal, and the full-width forms of characters used in tables.

Used by all code that reads values which people typed, and by all code that shows them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

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
#: Code points that are no characters: half a surrogate pair, private use, replacements, non-characters.
_NONE = re.compile(
    "[\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffc-\uffff\U0001fffe\U0001ffff\U0002fffe\U0002ffff"
    "\U0003fffe-\U000dffff\U000e1000-\U0010ffff]"
)
#: The 24 characters that GB 18030-2000 keeps in private use, as decoders read it to this day, and their places in
#: Unicode since GB 18030-2022; U+E7C7, which the edition of 2005 moved, is read alike.
_FROM_2000: Final = str.maketrans(
    "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796\ue7c7\ue816\ue817\ue818\ue81e\ue826\ue82b\ue82c"
    "\ue831\ue832\ue83b\ue843\ue854\ue855\ue864",
    "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19\u1e3f\U00020087\U00020089\U000200cc\u9fb4\u9fb5\u9fb6\u9fb7"
    "\U000215d7\u9fb8\U0002298f\u9fb9\u9fba\U000241fe\u9fbb",
)


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


def todays(text: str) -> str:
    """Return `text` with the characters of GB 18030-2000 that it holds as private use in their places of today."""
    return text.translate(_FROM_2000) if _NONE.search(text) else text


def no_character(text: str) -> str:
    """Return what is wrong with the first code point of `text` that is no character, and what to do; "" if all are."""
    found = _NONE.search(text)
    if found is None:
        return ""
    code = f"U+{ord(found[0]):04X}"
    if (today := todays(found[0])) != found[0]:
        return f"holds {code}, where GB 18030-2000 kept {today} (U+{ord(today):04X}): write that character"
    if found[0] in "\ufffc\ufffd":
        return f"holds {code}, which stands for a character that was lost on the way: take it from the source"
    if found[0] <= "\udfff":
        return f"holds {code}, half a surrogate pair, which is no character: take it from the source"
    return f"holds {code}, which is no character of Unicode but of one computer's fonts: write the one that is meant"


def insist_characters(text: str) -> None:
    """Raise `ValueError`, saying what to do, if `text` holds what is no character (`no_character`)."""
    if fault := no_character(text):
        raise ValueError(fault)
