"""Tell what stands where a value should: formulas, errors of spreadsheets, words of programs and people for nothing.

Such texts come along when tables are exported. None is a name, a court or a number of anybody, so each is a fault,
which says what to do. Words of people for nothing, such as 不详, are listed in the map (`empty_words`).
"""

from __future__ import annotations

import re
import unicodedata

from federation.values.characters import half_width

#: A call of a function after the signs with which a cell may begin instead of =.
_FORMULA = re.compile(r"=|[@+-]+=|[@+-]+[A-Z]{2,}[A-Z0-9.]*\(")
_ERROR = re.compile(
    r"#(?:N/A(?: N/A)?|(?:NULL|DIV/0|VALUE|REF|NAME|NUM)|GETTING_DATA|[^\s#]{1,20}[!?]|#+)|Err:[0-9]{3}",
    re.IGNORECASE,
)
_SHORTENED = re.compile(r"-?[0-9](?:\.[0-9]+E[+-]?|E[+-])[0-9]{1,3}", re.IGNORECASE)
#: In the letters in which programs write them: Nan and Nil are names of people.
_OF_PROGRAMS = re.compile(
    r"NULL|null|[(<](?:NULL|null|NA)[)>]|\\N|NONE|None|none|nil|NaN|nan|NaT|N/A|n/a|undefined"
    r"|[+-]?(?:inf|Infinity)|\[object Object\]"
)
#: What is left of U+FFFD when UTF-8 is taken for GBK.
_LOST = "锟斤拷"
_OF_WEB_PAGES = re.compile(
    r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos|nbsp);|<br ?/?>", re.IGNORECASE
)
_TRUTH = re.compile("TRUE|FALSE|true|false")
#: Days into which spreadsheets turn what was typed, in addition to those without letters: 3月12日, 12-Mar, Mar-12.
_DAY = re.compile(
    "(?:[0-9]{2,4}年)?[0-9]{1,2}月[0-9]{1,2}[日号]|[0-9]{2,4}年[0-9]{1,2}月"
    "|[0-9]{1,2}-[A-Z][a-z]{2}(?:-[0-9]{2,4})?|[A-Z][a-z]{2}-[0-9]{2,4}"
)
_BRACKETS = re.compile(r"[(\[{<【〔「『《](.*)[)\]}>】〕」』》]")
_OF_PEOPLE = re.compile(
    "无|没有|空|空白|缺|略|不详|不明|未知|不清楚|待查|待定|待补|未填|未填写|未登记|未记载|暂无|暂缺|同上|同前|无法识别|看不清|"
    r"[〃\"″~×]|[-—–_/\\.。、,?]+|[xX*]+|unknown|UNKNOWN"
)


def no_value(text: str) -> str:
    """Return why a text is no value and what to do; "" if it may be one."""
    half = half_width(text).strip()
    if _FORMULA.match(half):
        return f"{text[:40]!r} is a formula: put its value there (copy, paste values)"
    if _ERROR.fullmatch(half):
        return f"{text[:40]!r} is the error of a spreadsheet: put the value there, or leave it empty"
    if _SHORTENED.fullmatch(half):
        return f"{text[:40]!r} is a number that has lost its last digits: format the column as text"
    if _LOST in half:
        return f"{text[:40]!r} holds {_LOST}, left of characters that were lost on the way: take it from the source"
    if found := _OF_WEB_PAGES.search(half):
        return f"{text[:40]!r} holds {found[0]}, as web pages write a character: write the character"
    if _OF_PROGRAMS.fullmatch(half):
        return f"{text[:40]!r} is a program's word for no value: leave it empty (the map of a table has `empty_words`)"
    return ""


def says_nothing(text: str) -> str:
    """Return why a text is no name of a person, organ or document and what to do; "" if it may be one."""
    half = half_width(text).strip()
    inner = _BRACKETS.fullmatch(half)
    if _OF_PEOPLE.fullmatch(inner[1].strip() if inner else half):
        return f"{text[:40]!r} says that there is no value: leave it empty (the map of a table has `empty_words`)"
    if _TRUTH.fullmatch(half):
        return f"{text[:40]!r} is a spreadsheet's word for true or false: put the value there"
    return ""


def no_name(text: str) -> str:
    """Return why a text is no name of a person or an organ and what to do; "" if it may be one."""
    half = half_width(text).strip()
    if not any(_is_letter(c) for c in half) or _DAY.fullmatch(half):
        return f"{text[:40]!r} is a number or a day and no name: put the name there"
    return no_value(text) or says_nothing(text)


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L") or character == "〇"
