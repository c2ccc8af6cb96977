"""Working days: due times are counted by a calendar kept as data; days are those of Beijing (`legal_day`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

HOLIDAYS: Final = Path(__file__).parents[1] / "data" / "holidays.toml"
DEADLINES: Final = Path(__file__).parents[1] / "data" / "deadlines.toml"
_ONE = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Workdays:
    """A calendar: weekends except the days in `worked`, and the days in `off`, are not working days."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_one(self, day: date) -> bool:
        """Say whether `day` is a working day."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)

    def after(self, day: date, count: int) -> date:
        """Return the `count`th working day after `day`, which itself is not counted."""
        while count > 0:
            day += _ONE
            count -= self.is_one(day)
        return day

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie after `first` up to `last` itself; 0 when it is not later."""
        return sum(self.is_one(first + n * _ONE) for n in range(1, (last - first).days + 1))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The due times of `deadlines.toml`, and the calendar they are counted by."""

    result: int = 3
    papers_calendar: int = 30
    yearly_without_proof: int = 3
    objection_within_calendar: int = 60
    opinion: int = 15
    opinion_at_most: int = 30
    answer_usable: timedelta = timedelta(minutes=30)
    collect: int = 5
    valid_calendar: int = 90
    calendar: Workdays = field(default_factory=Workdays)


def load_workdays(path: Path = HOLIDAYS) -> Workdays:
    """Return the calendar in a file; raises `ValueError` for an invalid date or a day listed twice."""
    content = tomllib.loads(path.read_text("utf-8"))
    off, worked = _days(content, "off"), _days(content, "worked")
    if off & worked:
        raise ValueError(f"{path.name}: both off and worked: {min(off & worked)}")
    return Workdays(off, worked)


@cache
def load_deadlines(path: Path = DEADLINES, holidays: Path = HOLIDAYS) -> Deadlines:
    """Return the due times in a file; raises `ValueError` naming what is missing or wrong."""
    content = tomllib.loads(path.read_text("utf-8"))
    try:
        found = Deadlines(
            result=_count(content, "application", "result"),
            papers_calendar=_count(content, "application", "papers_calendar"),
            yearly_without_proof=_count(content, "application", "yearly_without_proof"),
            objection_within_calendar=_count(content, "objection", "within_calendar"),
            opinion=_count(content, "objection", "opinion"),
            opinion_at_most=_count(content, "objection", "opinion_at_most"),
            answer_usable=timedelta(minutes=_count(content, "answer", "usable_minutes")),
            collect=_count(content, "document", "collect"),
            valid_calendar=_count(content, "document", "valid_calendar"),
            calendar=load_workdays(holidays),
        )
    except KeyError as error:
        raise ValueError(f"{path.name}: {error.args[0]} is missing") from None
    if found.opinion > found.opinion_at_most:
        raise ValueError(f"{path.name}: objection.opinion is over opinion_at_most")
    return found


def _days(content: Mapping[str, Mapping[str, list[str]]], which: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for year in content.values() for day in year.get(which, ()))


def _count(content: Mapping[str, Mapping[str, int]], table: str, name: str) -> int:
    value = content[table][name]
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{table}.{name} is a whole number of at least 1")
    return value
