"""Can a judgment be final by now? The appeal period, and what is final when it is made (A5, R18, R23).

Facts that are missing are read in the way that makes it final soonest: a judgment is refused only where no reading
makes it final. Notices, which state more, are held to more (`federation.notices.finality`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from federation.errors import FieldViolation, InvalidRequest
from federation.v1 import record_pb2 as pb
from federation.values import calendar, case_number
from federation.values.case_number import SUPREME_COURT, CaseNumber

#: Days to appeal, counted from the day after receipt (刑事诉讼法 230).
JUDGMENT_DAYS, RULING_DAYS = 10, 5
#: Final only once a higher court has approved it; how long that takes nothing in a record says.
CAPITAL = frozenset({pb.PENALTY_KIND_DEATH, pb.PENALTY_KIND_DEATH_SUSPENDED})
#: Retrial and change of execution; a second instance ends in 终: 刑终, and 刑一终 to 刑五终 by chamber.
_WHEN_MADE = ("刑再", "刑更")
_SECOND_INSTANCE, _FIRST_INSTANCE = "终", "初"
#: Taking a number apart costs more than looking at it: without one of these nothing in it is final when made.
_MARKS = ("终", "再", "更", "最高", "）刑", ")刑")


def final_when_made(record: pb.Record) -> bool:
    """Say whether the judgment is final on the day it is made: a second instance, or the Supreme People's Court."""
    if record.court.name == SUPREME_COURT:
        return True
    number = record.judgment_number.original
    if not any(mark in number for mark in _MARKS):
        return False
    parsed = _parsed(number)
    if parsed is None:
        return False
    supreme = parsed.court in ("最高法", SUPREME_COURT)
    return supreme or parsed.kind.startswith(_WHEN_MADE) or parsed.kind.endswith(_SECOND_INSTANCE)


def after_appeal_period(served: date, record: pb.Record) -> date:
    """Return the day after the last day to appeal against what was served on `served`: then it is final."""
    ruling = record.instrument.kind == pb.INSTRUMENT_KIND_RULING
    return served + timedelta(days=(RULING_DAYS if ruling else JUDGMENT_DAYS) + 1)


def earliest_final(record: pb.Record) -> date | None:
    """Return the first day on which the judgment can be final by any reading; None when nothing rules any day out.

    Where the day of service is not stated, the judgment may have been served when it was pronounced.
    """
    served = _day(record.served_on) or _day(record.pronounced_on)
    if served is None or not _appealable(record):
        return None
    return after_appeal_period(served, record)


def check(record: pb.Record, *, today: date) -> Iterator[FieldViolation]:
    """Yield why the judgment of a criminal record cannot be final on the day `today` (R23)."""
    earliest = earliest_final(record)
    if earliest is not None and earliest > today:
        yield FieldViolation(
            "final_on",
            "R23",
            f"not yet effective: an appeal is possible, and it is final from {earliest} at the earliest; enter it then",
        )


def _appealable(record: pb.Record) -> bool:
    """Say whether it is certainly a first instance whose judgment waits for its appeal period."""
    if record.combined_penalty.kind in CAPITAL or final_when_made(record):
        return False
    parsed = _parsed(record.judgment_number.original)
    return parsed is not None and parsed.kind.endswith(_FIRST_INSTANCE)


def _parsed(number: str) -> CaseNumber | None:
    try:
        return case_number.parse(number) if number else None
    except InvalidRequest:  # whoever checks the number reports it
        return None


def _day(text: str) -> date | None:
    try:
        return calendar.parse_date(text) if text else None
    except ValueError:  # whoever checks the dates reports it
        return None
