"""What a cell shows of its day: whoever types 1990-05 gets a cell that holds 1 May 1990 and shows 1990年5月.

The day that a spreadsheet made up is no day of the document, and neither is the year of one that was typed as 5-1.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE, is_date_format

#: Formats that Chinese spreadsheets know by number alone; openpyxl takes their cells for plain numbers.
_CHINESE: Final = (
    dict.fromkeys((27, 36, 50, 52, 57), "yyyy年m月") | dict.fromkeys((28, 29, 51, 53, 54, 58), "m月d日")
) | {30: "m-d-yy", 31: "yyyy年m月d日"}
#: Texts beside a day that a day is known by; any other one says more than the day.
_OF_A_DAY: Final = frozenset("年月日号时分秒点星期周上下午/-., :TZ()（）")
#: Letters of a format that stand for parts of a day or time.
_PARTS: Final = frozenset("ymdhseagbptz0@")
_TEXTS: Final = re.compile(r'"([^"]*)"|\\(.)')
#: Texts, escaped characters, and colours or locales in a format; none of them shows a part of the day.
_LITERAL: Final = re.compile(r'"[^"]*"|[\\_*].|\[[^\]]*\]')

_YEAR: Final = re.compile("[ye]")
_DAY: Final = re.compile("(?<!d)dd?(?!d)")  # ddd is the day of the week
_TIME: Final = re.compile("[hs]")


def day_formats(book: Any) -> dict[int, str]:
    """Return style -> the format of its cells without literal texts, for each style of days; "" beside other text."""
    found = dict[int, str]()
    for style, kept in enumerate(book._cell_styles):
        number = kept.numFmtId
        if number >= BUILTIN_FORMATS_MAX_SIZE:
            code = book._number_formats[number - BUILTIN_FORMATS_MAX_SIZE]
        else:
            code = BUILTIN_FORMATS.get(number) or _CHINESE.get(number, "General")
        if is_date_format(code):
            shown = code.split(";")[0]
            parts = _LITERAL.sub("", shown).lower()
            texts = "".join(quoted + escaped for quoted, escaped in _TEXTS.findall(shown))
            says_more = set(texts) - _OF_A_DAY or set(parts) - _PARTS - _OF_A_DAY
            found[style] = "" if says_more else parts
    return found


def as_shown(day: date, code: str) -> str:
    """Return what a cell shows of `day`: 1990, 1990-05 or 1990-05-01; raises `ValueError` for another format."""
    if not _YEAR.search(code):
        raise ValueError(f"{code} shows no year")
    if _TIME.search(code) or _DAY.search(code):
        return f"{day:%Y-%m-%d}"
    return f"{day:%Y-%m}" if "m" in code else f"{day:%Y}"
