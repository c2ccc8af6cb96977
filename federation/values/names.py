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
from federation.values.folding import folded
from federation.values.name_characters import earlier_variants, radicals, variants
from federation.values.no_value import no_name

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
#: More parts than this have no order that anybody would change.
_MOST_PARTS = 6
_SPACES = re.compile(r"\s+")
_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_BESIDE_HAN = re.compile(f"(?<={_HAN}) | (?={_HAN})")
#: Written where nobody knew the name.
_NOBODY = re.compile("(?:姓名|身份)?(?:不详|不明|未知)|无|无名|佚名|匿名|待查|unknown|none|null|n/a")
#: A surname with signs or 某 in place of the rest, as published judgments have it, with remarks after it or without.
_MASK = r"[*×✕※#□■◇◆△▲_]"
_MASKED = re.compile(
    rf"{_MASK}{{2}}|[○〇◯]{{2}}$|^.{_MASK}|{_MASK}$"
    r"|^(?:[\u4e00-\u9fff]{1,2}|[a-z])某(?:某|[甲乙丙丁戊己庚辛\da-z]{0,2})(?:$|[(\[【,、;:])|^[\u4e00-\u9fff]{1,2}x{1,2}$"
)
#: A ? that a code page left of a character at either end; between two parts it may have been a dot.
_LOST = re.compile(r"^\?|\?$")
#: A word for another name of the person, after a sign or before a colon; with it, or two names with a sign
#: between them, one in Han characters (张三、李四), a text holds more than one.
_OTHERS = "曾用名|又名|别名|化名|绰号|外号|小名|乳名|原名|自报|自称|曾名"
_SECOND = re.compile(
    rf"[(（,，、;；:：/\[【]\s*(?:{_OTHERS})|(?:{_OTHERS})\s*[:：]|曾用名|绰号"
    rf"|{_HAN}[,，、;；/\\|](?:{_HAN}|[a-z])|[a-z][,，、;；/\\|]{_HAN}"
)
#: A remark or another name behind a name in Han characters: 张三(男), 张三(另案处理), 约翰(John).
_REMARK = re.compile(rf"^(?:{_HAN}|[·'-])+[(\[【].*[)\]】]$")
#: Letters that NFKD does not take apart into one of a to z and a mark.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"}
)
#: Typed for a dash, though a letter to Unicode.
_LONG_VOWEL = "ー"


def normalise_name(text: str) -> str:
    """Return the comparable form of `text`; raises `ValueError` when nothing is left.

    Compatibility characters and radicals copied from a PDF (⻢) folded, invisible ones and variation selectors removed,
    one kind of apostrophe, hyphen and middle dot (·, as in 买买提·吐尔逊), no spaces next to Han characters and these
    signs, single spaces elsewhere, case folded. Traditional and simplified characters stay different: they may be
    different persons' names (`name_key`).
    """
    if _PLAIN.fullmatch(text):  # most names: every step below leaves these characters unchanged
        return text
    name = folded(text, _fold)
    if not name.strip("· "):
        raise ValueError("a name is empty")
    return name


def check_name(text: str) -> None:
    """Raise `ValueError`, saying what to do, for what is no one person's name: it would be found by no question.

    Signs alone (-, ?, 。) and words such as 不详 say that nobody knew the name; a name that was masked (张*, 张某某) or
    lost a character (张?) is not the person's; a remark or a second name in the same text (张三，绰号老五) makes
    another name of both. Nor is one that holds what is no character, or that is a formula or the error of a
    spreadsheet.
    """
    insist_characters(text)
    name = normalise_name(text)
    if all(_between(c) or unicodedata.combining(c) for c in name):
        raise ValueError("a name is empty: it holds signs alone")
    if _NOBODY.fullmatch(name):
        raise ValueError(
            "says that the name is not known: leave it out and say so, or give the person's own word for it"
        )
    if fault := no_name(text):
        raise ValueError(fault)
    if _MASKED.search(name):
        raise ValueError("the name is masked: give the whole name, as the original of the document has it")
    if _LOST.search(name):
        raise ValueError("holds a ? in place of a character that was lost: write it as the original has it")
    if _SECOND.search(name):
        raise ValueError(
            "holds more than one name: give each by itself, with its kind; parts of one name have a dot between (·)"
        )
    if _REMARK.search(name):
        raise ValueError(
            "holds a remark or another name in brackets: give the name alone, and another one by itself, with its kind"
        )


@cache
def _characters() -> dict[int, str]:
    """Return traditional and other forms of a character -> the simplified one."""
    return str.maketrans(dict(variants()))


@cache
def _earlier_characters() -> dict[int, str]:
    return str.maketrans(dict(earlier_variants()))


@cache
def _ideographs() -> dict[int, str]:
    return str.maketrans(dict(radicals()))


def name_key(text: str) -> str:
    """Return the key of `text`: equal for all spellings that may be one person's name. Raises `ValueError` if empty.

    As the comparable form, and further: traditional characters and other forms as the simplified ones, nothing
    between the parts of a name (spaces, and signs of every kind, the ? too that a code page leaves of a dot), letters
    without accents.
    """
    return _key(normalise_name(text).translate(_characters()))


def earlier_key(text: str) -> str:
    """Return the key that an earlier program made of `text`, by which it stored and proposed: it joined fewer forms."""
    return _key(normalise_name(text).translate(_earlier_characters()))


def _key(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return name
    letters = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in letters if not unicodedata.combining(c) and not _between(c))
    return bare.translate(_LETTERS) or name


def orders(text: str) -> list[str]:
    """Return a name in letters with its parts in the orders in which they are written, the one given first.

    Surnames stand before or after the other names (MARTIN JEAN PIERRE, Jean Pierre Martin), with a comma or without. A
    name with Han characters has one order.
    """
    parts = normalise_name(text).replace(",", " ").split()
    if not 2 <= len(parts) <= _MOST_PARTS or re.search(_HAN, text):
        return [text]
    return [" ".join(parts[n:] + parts[:n]) for n in range(len(parts))]


def _between(character: str) -> bool:
    """Say whether a character only parts a name: a space, a sign, a mark of punctuation, a control character."""
    return character == _LONG_VOWEL or unicodedata.category(character).startswith(("P", "S", "Z", "Cc", "Cf"))


def _fold(text: str) -> str:
    name = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text.translate(_SIGNS)))
    name = _INVISIBLE.sub("", name.translate(_ideographs()).translate(_SIGNS))
    name = _JOINED.sub(r"\1", _FULL_STOP.sub("·", name)).casefold()
    return _BESIDE_HAN.sub("", _SPACES.sub(" ", name)).strip()
