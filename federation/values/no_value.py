"""Tell what stands where a value should: formulas, errors of spreadsheets, words of programs and people for nothing.

Such texts come along when tables are exported. None is a name, a court or a number of anybody, so each is a fault,
which says what to do. Words of people for nothing, such as 不详, are listed in the map (`empty_words`).
"""

from __future__ import annotations

import re

from federation.values.characters import half_width

_ERROR = re.compile(
    r"#(?:N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!|GETTING_DATA|#+)"
    r"|Err:[0-9]{3}",
    re.IGNORECASE,
)
_SHORTENED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{1,3}", re.IGNORECASE)
#: In the letters in which programs write them: Nan and Nil are names of people.
_OF_PROGRAMS = re.compile(
    r"NULL|null|[(<](?:NULL|null)[)>]|\\N|NONE|None|none|nil|NaN|nan|NaT|N/A|n/a|undefined"
)
_OF_PEOPLE = re.compile(
    "无|没有|空|空白|缺|略|不详|不明|未知|不清楚|待查|待定|待补|未填|未填写|未登记|未记载|暂无|暂缺|同上|同前|无法识别|看不清|"
    r"[〃\"″~×]|[-—–_/\\.。、,?]+|[xX*]+|unknown|UNKNOWN"
)


def no_value(text: str) -> str:
    """Return why a text is no value and what to do; "" if it may be one."""
    half = half_width(text).strip()
    if half.startswith("="):
        return f"{text[:40]!r} is a formula: put its value there (copy, paste values)"
    if _ERROR.fullmatch(half):
        return f"{text[:40]!r} is the error of a spreadsheet: put the value there, or leave it empty"
    if _SHORTENED.fullmatch(half):
        return f"{text[:40]!r} is a number that has lost its last digits: format the column as text"
    if _OF_PROGRAMS.fullmatch(half):
        return f"{text[:40]!r} is a program's word for no value: leave it empty (the map of a table has `empty_words`)"
    return ""


def says_nothing(text: str) -> str:
    """Return why a text is no name of a person, organ or document and what to do; "" if it may be one."""
    if _OF_PEOPLE.fullmatch(half_width(text).strip()):
        return f"{text[:40]!r} says that there is no value: leave it empty (the map of a table has `empty_words`)"
    return ""
