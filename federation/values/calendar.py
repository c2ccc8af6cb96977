"""Calendar days as the law counts them: ISO dates, imprecise birth dates, and the 18th birthday.

A person is under eighteen through the 18th birthday itself: full years (周岁) are counted by the solar
calendar from the day *after* the birthday (法释〔2006〕1号 art. 2, reading A11).
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

EARLIEST_YEAR = 1850
"""Nobody with a record was born or acted before this year: an earlier date is a slip of the pen."""

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DateRange:
    """The days on which something may have happened, both ends included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a range of days ends ({self.last}) before it begins ({self.first})")


@lru_cache(maxsize=16_384)  # the same days occur again and again; errors are not cached
def parse_date(text: str) -> date:
    """Return the day written "2017-12-31"; raises `ValueError` for any other form and for impossible days."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("not a date of the form YYYY-MM-DD")
    return _day(*(int(part) for part in match.groups()))


def known_day(text: str) -> date | None:
    """Return the day that a text states, None for an empty text or one that is no day: its own check reports that."""
    try:
        return parse_date(text) if text else None
    except ValueError:
        return None


def parse_partial(text: str) -> DateRange:
    """Return the days that "2000-01-01", "2000-01" or "2000" may mean; raises `ValueError`."""
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise ValueError("not a date of the form YYYY-MM-DD, YYYY-MM or YYYY")
    year, month, day = match.groups()
    if month is None:
        return DateRange(_day(int(year), 1, 1), _day(int(year), 12, 31))
    first = _day(int(year), int(month), int(day or 1))
    if day is not None:
        return DateRange(first, first)
    return DateRange(first, first.replace(day=monthrange(first.year, first.month)[1]))


def near_days(text: str) -> Iterator[str]:
    """Yield the days for which `text` is easily written: day and month exchanged, a day or a year off.

    What is no full date has none.
    """
    try:
        day = parse_date(text)
    except ValueError:
        return
    around = (day - _ONE_DAY, day + _ONE_DAY)
    near = [(day.year, day.day, day.month)]
    for year in (day.year - 1, day.year + 1):
        near.append((year, day.month, day.day))
        if _beside_leap_day(day) and isleap(year) != isleap(day.year):
            near += [(year, 2, 28), (year, 3, 1)] if isleap(day.year) else [(year, 2, 29)]
    for year, month, number in near:
        try:
            other = date(year, month, number)
        except ValueError:  # no thirteenth month, and no 29 February in that year
            continue
        if other != day:
            yield other.isoformat()
    yield from (each.isoformat() for each in around)


def _beside_leap_day(day: date) -> bool:
    """Say whether a day is 29 February, or where it has no 29 February the day before or after it."""
    return (day.month, day.day) in ({(2, 29)} if isleap(day.year) else {(2, 28), (3, 1)})


def near_parts(text: str) -> Iterator[str]:
    """Yield the years, and the months in them, that are a year off the day `text`; what is no full date has none."""
    try:
        day = parse_date(text)
    except ValueError:
        return
    for year in (day.year - 1, day.year + 1):
        yield f"{year:04d}"
        yield f"{year:04d}-{day.month:02d}"


def under_through(birth: DateRange) -> date:
    """Return the last day on which a person born within `birth` was certainly under eighteen."""
    born = birth.first
    if _has_no_18th_birthday(born):
        return date(born.year + 18, 2, 28)
    return born.replace(year=born.year + 18)


def adult_from(birth: DateRange) -> date:
    """Return the first day on which a person born within `birth` was certainly not under eighteen.

    For a birth on 29 February, the year of the 18th birthday has no such day: 28 February is under eighteen,
    2 March is not, and 1 March is contested, so it lies between the two limits.
    """
    born = birth.last
    if _has_no_18th_birthday(born):
        return date(born.year + 18, 3, 2)
    return born.replace(year=born.year + 18) + _ONE_DAY


def _has_no_18th_birthday(born: date) -> bool:
    return (born.month, born.day) == (2, 29) and not isleap(born.year + 18)


def _day(year: int, month: int, day: int) -> date:
    if not EARLIEST_YEAR <= year <= 9900:
        raise ValueError(f"the year {year:04d} is out of the question")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"{year:04d}-{month:02d}-{day:02d} is not a day of the calendar") from None
