"""The comparable form of a person's name however it was typed, and the wider key under which candidates are found.

Two names with one comparable form are written alike: they support a match. Two names with one key may be one person's
(traditional and simplified characters, a dot or nothing between the parts): they make a candidate, never a match. The
name as written is always kept in addition.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from federation.values.characters import insist_characters
from federation.values.name_characters import radicals, variants
from federation.values.no_value import no_value

#: Characters that are typed for an apostrophe, a hyphen or the dot between the parts of a name. Some of them are
#: taken apart by NFKC into a space and a mark, so they are replaced before.
_APOSTROPHES = "'’‘ʼʻʽˈʹ′‵`´＇｀ʾʿ՚ꞌ‛"
_HYPHENS = "-‐‑‒–—―−﹣－⁃﹘─━˗➖"
_DOTS = "·•‧∙⋅・･ㆍ᛫●˙⸱⸳ꞏᐧ◦⦁▪⚫𐄁"
_SIGNS = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_HYPHENS, "-") | dict.fromkeys(_DOTS, "·")
)
_JOINED = re.compile(r"\s*([·'-])\s*")
_FULL_STOP = re.compile(r"(?<=\w)\s*[.．。｡]\s*(?=\w)")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
_PLAIN = re.compile(r"[\u4e00-\u9fff]+")
_SPACES = re.compile(r"\s+")
_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_BESIDE_HAN = re.compile(f"(?<={_HAN}) | (?={_HAN})")
#: Letters that NFKD does not take apart into one of a to z and a mark.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"}
)
#: Typed for a dash, though a letter to Unicode.
_LONG_VOWEL = "ー"


def normalise_name(text: str) -> str:
    """Return the comparable form of `text`; raises `ValueError` when nothing is left.

    Compatibility characters and radicals copied from a PDF (⻢) folded, invisible ones and variation selectors removed,
    one kind of apostrophe, hyphen and middle dot (·, as in 买买提·吐尔逊), no spaces beside Han characters and these
    signs, single spaces elsewhere, case folded. Traditional and simplified characters stay different: they may be
    different persons' names (`name_key`).
    """
    if _PLAIN.fullmatch(text):  # most names: every step below leaves these characters unchanged
        return text
    name = text
    while (folded := _fold(name)) != name:
        name = folded
    if not name.strip("· "):
        raise ValueError("a name is empty")
    return name


def check_name(text: str) -> None:
    """Raise `ValueError` unless a name holds a letter: -, ? or 。 says that nobody knew the name, and finds nobody.

    Nor is one that holds what is no character, or that is a formula or the error of a spreadsheet.
    """
    insist_characters(text)
    if fault := no_value(text):
        raise ValueError(fault)
    if all(_between(c) or unicodedata.combining(c) for c in normalise_name(text)):
        raise ValueError("a name is empty: it holds signs alone")


@cache
def _characters() -> dict[int, str]:
    """Return traditional and other forms of a character -> the simplified one."""
    return str.maketrans(dict(variants()))


@cache
def _ideographs() -> dict[int, str]:
    return str.maketrans(dict(radicals()))


def name_key(text: str) -> str:
    """Return the key of `text`: equal for all spellings that may be one person's name. Raises `ValueError` if empty.

    As the comparable form, and further: traditional characters and other forms as the simplified ones, nothing
    between the parts of a name (spaces, and signs of every kind, the ? too that a code page leaves of a dot), letters
    without accents.
    """
    name = normalise_name(text).translate(_characters())
    if _PLAIN.fullmatch(name):
        return name
    letters = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in letters if not unicodedata.combining(c) and not _between(c))
    return bare.translate(_LETTERS) or name


def _between(character: str) -> bool:
    """Say whether a character only parts a name: a space, a sign, a mark of punctuation, a control character."""
    return character == _LONG_VOWEL or unicodedata.category(character).startswith(("P", "S", "Z", "Cc", "Cf"))


def _fold(text: str) -> str:
    name = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text.translate(_SIGNS)))
    name = _INVISIBLE.sub("", name.translate(_ideographs()).translate(_SIGNS))
    name = _JOINED.sub(r"\1", _FULL_STOP.sub("·", name)).casefold()
    return _BESIDE_HAN.sub("", _SPACES.sub(" ", name)).strip()
