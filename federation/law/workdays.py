"""Working days: periods end and due times are counted by a calendar kept as data; days are those of Beijing.

The calendar is the State Council's, so there is one for the whole process: the delivered file, or the one that the
environment variable `HUTONG_HOLIDAYS` names. An operator adds the next year to a copy of it without a new release.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from federation.values.calendar import parse_date

VARIABLE: Final = "HUTONG_HOLIDAYS"
HOLIDAYS: Final = Path(__file__).parents[1] / "data" / "holidays.toml"
DEADLINES: Final = Path(__file__).parents[1] / "data" / "deadlines.toml"
_ONE = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Workdays:
    """A calendar: weekends except the days in `worked`, and the days in `off`, are not working days.

    In a year that is not among `years` nobody knows which days are, beyond that weekends mostly are not.
    """

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def knows(self, day: date) -> bool:
        """Say whether the holidays of the year of `day` are known."""
        return day.year in self.years

    def is_one(self, day: date) -> bool:
        """Say whether `day` is a working day."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)

    def after(self, day: date, count: int) -> date:
        """Return the `count`th working day after `day`, which itself is not counted."""
        while count > 0:
            day += _ONE
            count -= self.is_one(day)
        return day

    def end_of_period(self, last: date) -> date:
        """Return the day on which a period ends whose last day is `last`: the first one after weekend or holidays.

        刑事诉讼法 105(4), 民法典 203. In a year without a table the end stays where it is: nothing unknown moves it.
        """
        while self.knows(last) and not self.is_one(last):
            last += _ONE
        return last

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie after `first` up to `last` itself; 0 when it is not later."""
        return sum(self.is_one(first + n * _ONE) for n in range(1, (last - first).days + 1))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The due times of `deadlines.toml`, and the calendar they are counted by."""

    result: int = 3
    papers_calendar: int = 30
    yearly_without_proof: int = 3
    residence: int = 180
    objection_within_calendar: int = 60
    opinion: int = 15
    opinion_at_most: int = 30
    answer_usable: timedelta = timedelta(minutes=30)
    collect: int = 5
    valid_calendar: int = 90
    calendar: Workdays = field(default_factory=Workdays)


def workdays() -> Workdays:
    """Return the calendar in force; raises `ValueError` saying what is wrong with its file."""
    return load_workdays(Path(os.environ.get(VARIABLE) or HOLIDAYS))


@cache
def load_workdays(path: Path = HOLIDAYS) -> Workdays:
    """Return the calendar in a file; raises `ValueError` naming the file, the year and the day that is wrong."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.name}: cannot be read: {error}") from None
    days: dict[str, set[date]] = {"off": set(), "worked": set()}
    for year, lists in content.items():
        where = f"{path.name}: [{year}]"
        if not (len(year) == 4 and year.isascii() and year.isdigit()) or not isinstance(lists, dict):
            raise ValueError(f"{where} is no year such as [2026]")
        for name, texts in lists.items():
            if name not in days or not isinstance(texts, list):
                raise ValueError(f'{where} {name}: a year has the lists "off" and "worked" alone')
            days[name] |= {_day_of(year, text, f"{where} {name}") for text in texts}
    if both := days["off"] & days["worked"]:
        raise ValueError(f"{path.name}: both off and worked: {min(both)}")
    return Workdays(frozenset(days["off"]), frozenset(days["worked"]), frozenset(map(int, content)))


def _day_of(year: str, text: object, where: str) -> date:
    try:
        day = parse_date(text if isinstance(text, str) else "")
    except ValueError:
        raise ValueError(f'{where}: {text!r} is no day written "2026-01-01"') from None
    if day.year != int(year):
        raise ValueError(f"{where}: {day} is no day of that year")
    return day


@cache
def load_deadlines(path: Path = DEADLINES) -> Deadlines:
    """Return the due times in a file; raises `ValueError` naming what is missing or wrong."""
    content = tomllib.loads(path.read_text("utf-8"))
    try:
        found = Deadlines(
            result=_count(content, "application", "result"),
            papers_calendar=_count(content, "application", "papers_calendar"),
            yearly_without_proof=_count(content, "application", "yearly_without_proof"),
            residence=_count(content, "application", "residence_days"),
            objection_within_calendar=_count(content, "objection", "within_calendar"),
            opinion=_count(content, "objection", "opinion"),
            opinion_at_most=_count(content, "objection", "opinion_at_most"),
            answer_usable=timedelta(minutes=_count(content, "answer", "usable_minutes")),
            collect=_count(content, "document", "collect"),
            valid_calendar=_count(content, "document", "valid_calendar"),
            calendar=workdays(),
        )
    except KeyError as error:
        raise ValueError(f"{path.name}: {error.args[0]} is missing") from None
    if found.opinion > found.opinion_at_most:
        raise ValueError(f"{path.name}: objection.opinion is over opinion_at_most")
    return found


def _count(content: Mapping[str, Mapping[str, int]], table: str, name: str) -> int:
    value = content[table][name]
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{table}.{name} is a whole number of at least 1")
    return value
