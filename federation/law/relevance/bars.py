"""When each bar ends, for the person concerned: the rows of the catalogue, judged on days to come.

As time passes, a bar can only end: YES becomes undecided or NO, never the other way round, as long as nothing new is
entered. So the day on which an answer changes is found by binary search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from federation.law.bases import Basis
from federation.law.relevance.ends import later
from federation.law.relevance.finding import Answer
from federation.law.relevance.judging import judge, relevant
from federation.law.relevance.late import unsettles
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.enum_names import record_class_name

#: Years after which every period of the catalogue has ended: the longest term, deprivation and period together.
HORIZON: Final = 120
_DAY: Final = timedelta(days=1)
_Convictions = Sequence[tuple[query_pb2.MergedConviction, Sequence[pb.Record]]]


class BarStatus(StrEnum):
    """The effect of a provision on the person."""

    NONE = "none"
    UNTIL = "until"
    FOR_LIFE = "for_life"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of one row: `until` is the last day on which it certainly applies, `over_by` the last on which it may."""

    basis: Basis
    status: BarStatus
    until: date | None = None
    over_by: date | None = None
    reasons: tuple[str, ...] = ()


def bars(rows: Mapping[str, Basis], convictions: _Convictions, *, on: date) -> list[Bar]:
    """Return the bar of every row usable on the day `on` for a person with these convictions.

    The rows are the same for everybody; a person without an open conviction gets NONE for each.
    """
    return [_bar(basis, convictions, on) for basis in rows.values() if basis.usable(on)]


def _bar(basis: Basis, convictions: _Convictions, on: date) -> Bar:
    def answer(day: date) -> Answer:
        return relevant(basis, convictions, on=day)

    horizon = later(on, years=HORIZON)
    now, last = answer(on), answer(horizon)
    if now is Answer.NO:
        return Bar(basis, BarStatus.NONE)
    if now is Answer.UNDECIDED:
        over_by = _last_day(answer, now, on, horizon) if last is Answer.NO else None
        return Bar(basis, BarStatus.UNDECIDED, over_by=over_by, reasons=_why(basis, convictions, on))
    if last is Answer.YES:
        return Bar(basis, BarStatus.FOR_LIFE)
    until = _last_day(answer, now, on, horizon)
    if answer(until + _DAY) is Answer.NO:
        return Bar(basis, BarStatus.UNTIL, until=until)
    over_by = _last_day(answer, Answer.UNDECIDED, until + _DAY, horizon) if last is Answer.NO else None
    return Bar(basis, BarStatus.UNTIL, until, over_by, _why(basis, convictions, until + _DAY))


def _last_day(answer: Callable[[date], Answer], same: Answer, first: date, beyond: date) -> date:
    """Return the last day with the answer `same`, which `first` has and `beyond` has not."""
    low, high = first, beyond
    while (high - low).days > 1:
        middle = low + timedelta(days=(high - low).days // 2)
        if answer(middle) is same:
            low = middle
        else:
            high = middle
    return low


def _why(basis: Basis, convictions: _Convictions, on: date) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_reasons(basis, convictions, on)))


def _reasons(basis: Basis, convictions: _Convictions, on: date) -> Iterator[str]:
    covered = [
        merged
        for merged, _ in convictions
        if record_class_name(merged.record.record_class) in basis.includes_classes
    ]
    found = [(merged, judge(basis, merged.record, on=on)) for merged in covered]
    reasons = [r for _, each in found if each.answer is Answer.UNDECIDED for r in each.reasons]
    if any(unsettles(merged.late_changes) and each.answer is Answer.YES for merged, each in found):
        reasons.append("a change of the record is late")
    yield from reasons or ["the agencies differ on what decides it"]
