"""The side of the 18th birthday on which conduct lies, as far as its days and the date of birth are known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from enum import Flag, auto
from typing import Final

from federation.values.calendar import DateRange, adult_from, under_through

_ONE_DAY: Final = timedelta(days=1)


class Side(Flag):
    """The position of one offence's conduct relative to the 18th birthday, which itself counts as under eighteen (A11).

    A value with several members lists the positions that remain possible when days are unknown.
    """

    BEFORE = auto()
    AFTER = auto()
    ACROSS = auto()


_ONE_SIDE: Final = Side.BEFORE | Side.AFTER
_ANY_SIDE: Final = Side.BEFORE | Side.AFTER | Side.ACROSS


def side_of(first: date | None, last: date | None, birthday: date) -> Side:
    """Return every side of `birthday` on which conduct from `first` to `last` may lie; None is an unknown day."""
    if first is not None and last is not None and last < first:
        return _ANY_SIDE  # days that contradict each other prove nothing
    if last is not None and last <= birthday:
        return Side.BEFORE
    if first is not None and first > birthday:
        return Side.AFTER
    side = Side.ACROSS
    if last is None:
        side |= Side.BEFORE
    if first is None:
        side |= Side.AFTER
    return side


def birthdays(birth: DateRange, days: Iterable[date | None]) -> Collection[date]:
    """Return the 18th birthdays to try for a person born within `birth`.

    Every birthday in between leaves each of the `days` of conduct on the same side as one of these does.
    For a birth on 29 February the last day under eighteen is contested, and both readings are tried.
    """
    earliest, latest = under_through(birth), adult_from(birth) - _ONE_DAY
    if earliest == latest:
        return (earliest,)
    found = {earliest, latest}
    for day in days:
        if day is not None:
            found.update(each for each in (day - _ONE_DAY, day) if earliest <= each <= latest)
    return found


def common_sides(sides: Sequence[Side]) -> Side:
    """Return the sides on which all offences may lie together: BEFORE, AFTER, both, or neither."""
    common = _ONE_SIDE
    for side in set(sides):
        common &= side
    return common


def may_span(sides: Sequence[Side]) -> bool:
    """Say whether the offences, taken together, may lie on both sides of the birthday."""
    return set(sides) not in ({Side.BEFORE}, {Side.AFTER})
