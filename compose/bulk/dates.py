"""Read days as people and programs write them: a text is in one of the known forms, or it is a fault.

docs/import.md lists the forms. The contract itself knows only ISO dates (`federation.values.calendar.parse_date`).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from compose.bulk.chinese import DIGITS, common_numerals
from federation.values.calendar import parse_date
from federation.values.characters import half_width, insist_visible

#: Day 0 of a spreadsheet's count; correct from 1 March 1900 on.
_DAY_ZERO: Final = date(1899, 12, 30)
#: Days from day 0 to 1 January 1904, day 0 of the other count.
_TO_1904: Final = 1462
#: Numbers of days that are accepted: the first is a day of 1927, the last is 31 December 2099.
_SERIALS: Final = range(10_000, 73_051)
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_MARKED = re.compile(r"(\d{4}) *([-/.]) *(\d{1,2}) *\2 *(\d{1,2})", re.ASCII)
_MONTH = re.compile(r"(\d{4}) *(?:[-/] *(\d{1,2})|\. *(\d{2}))", re.ASCII)
_ZERO = "〇○零Oo0"
_YEAR = rf"\d{{4}}|[一二三四五六七八九][{_ZERO}一二三四五六七八九]{{3}}"
_WRITTEN = re.compile(rf"({_YEAR}) *年 *([^年月日 ]+) *月 *([^年月日 ]+) *日", re.ASCII)
_WRITTEN_PART = re.compile(rf"({_YEAR})(?: *年(?: *([^年月日 ]+) *月)?)?", re.ASCII)
_TIME = re.compile(
    r"(?:T| +)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? ?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
#: Time zones whose midnight falls on the same day in Beijing.
_ZONES: Final = ("", "Z", "+00:00", "+0000", "+08:00", "+0800")
_SHORT_YEAR = re.compile(r"\d{2} *[-/.年] *\d{1,2} *[-/.月] *\d{1,2}(?!\d)", re.ASCII)
_YEAR_LAST = re.compile(r"\d{1,2} *[-/.] *\d{1,2} *[-/.] *\d{4}", re.ASCII)


def _numerals(most: int) -> dict[str, int]:
    """Return the numbers 1 to `most` by each way of writing them: 3, 03, 三, 〇三, 十三, 三十, 三〇.

    Cheques have 壹拾叁 for 十三, and 零 before 壹拾, 贰拾 and 叁拾 too.
    """
    found = dict[str, int]()
    for number in range(1, most + 1):
        tens, ones = divmod(number, 10)
        written = (("" if tens == 1 else DIGITS[tens]) + "十" if tens else "") + (
            DIGITS[ones] if ones else ""
        )
        forms = [str(number), f"{number:02d}", written]
        if tens == 1:
            forms.append(f"一{written}")
        if not tens:
            forms += [f"{zero}{DIGITS[ones]}" for zero in _ZERO]
        elif not ones:
            forms += [f"{DIGITS[tens]}{zero}" for zero in _ZERO]
            forms += [f"{zero}{DIGITS[tens]}十" for zero in _ZERO]
        found |= dict.fromkeys(forms, number)
    return found


_DAYS: Final = _numerals(31)
_MONTHS: Final = _numerals(12)
_YEARS: Final = str.maketrans({**{c: str(n) for n, c in enumerate(DIGITS)}, **dict.fromkeys(_ZERO, "0")})


def read_date(text: str, *, partial: bool = False) -> str:
    """Return the ISO date that `text` means as a whole; raises `ValueError` saying what is wrong and what to write.

    With `partial`, a year or a month alone is accepted, too, as "1990" or "1990-05". A time of midnight is dropped.
    Any other time is refused: in another time zone, it may belong to the day before or after.
    """
    insist_visible(text)
    given = common_numerals(half_width(text)).strip()
    day, clock = _without_time(given)
    parts = _parts(day, partial=partial and not clock)
    if parts is None:
        raise ValueError(_why_not(given))
    written = "-".join(f"{part:0{4 if place == 0 else 2}d}" for place, part in enumerate(parts))
    parse_date(written if len(parts) == 3 else "-".join([written, *["01"] * (3 - len(parts))]))
    return written


def read_serial(days: float, *, since_1904: bool = False) -> str:
    """Return the ISO date of a number cell, which counts days from 1900 or from 1904; raises `ValueError`."""
    if days != int(days):
        raise ValueError(f"{days} is a day with a time: give the day alone, and format the column as a date")
    if since_1904:
        days += _TO_1904
    if int(days) not in _SERIALS:
        raise ValueError(f"{days} is not a day that a spreadsheet counted, such as 41000: {_FORMS}")
    return (_DAY_ZERO + timedelta(days=int(days))).isoformat()


_FORMS: Final = "write it as 2012年3月1日, 2012-03-01, 2012/3/1, 2012.3.1 or 20120301"


def _without_time(given: str) -> tuple[str, str]:
    """Return the day and the midnight time that follows it, if any; raises `ValueError` for another time."""
    day, clock = given, ""
    for found in re.finditer(r"T| +", given):
        if time := _TIME.fullmatch(given, found.start()):
            day, clock = given[: found.start()], time[0]
            if any(int(part) for part in time.groups()[:4] if part):
                raise ValueError(
                    f"{given[:40]!r} gives a time of day, which may be another day elsewhere: give the day alone"
                )
            if (time[5] or "") not in _ZONES:
                raise ValueError(
                    f"{given[:40]!r} is midnight in another time zone: give the day in Beijing alone"
                )
            break
    return day, clock


def _parts(day: str, *, partial: bool) -> tuple[int, ...] | None:
    """Return year, month and day, or with `partial` the first of them; None if the text is in no known form."""
    if match := _MARKED.fullmatch(day):
        return int(match[1]), int(match[3]), int(match[4])
    if match := _EIGHT.fullmatch(day):
        return int(match[1]), int(match[2]), int(match[3])
    if (match := _WRITTEN.fullmatch(day)) and match[2] in _MONTHS and match[3] in _DAYS:
        return int(match[1].translate(_YEARS)), _MONTHS[match[2]], _DAYS[match[3]]
    if not partial:
        return None
    if match := _MONTH.fullmatch(day):
        return int(match[1]), int(match[2] or match[3])
    if (match := _WRITTEN_PART.fullmatch(day)) and (match[2] is None or match[2] in _MONTHS):
        year = int(match[1].translate(_YEARS))
        return (year,) if match[2] is None else (year, _MONTHS[match[2]])
    return None


def _why_not(given: str) -> str:
    shown = repr(given[:40])
    if _SHORT_YEAR.match(given):
        return f"{shown} has a year of two digits: {_FORMS}"
    if _YEAR_LAST.match(given):
        return f"{shown} does not say which is the day and which the month: {_FORMS}"
    if re.fullmatch(r"\d{4} *\. *\d", given, re.ASCII):
        return f"{shown} may have been written with a zero at the end: write the month with two digits, as 2011-10"
    if re.search(r"\d +\d", given):
        return f"{shown} has a space inside a number: {_FORMS}"
    return f"{shown} is not a date: {_FORMS}"
