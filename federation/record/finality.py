"""Whether a judgment can be final by now: the appeal period, and judgments that are final when made (A5, R18, R23).

Missing facts are read in the way that makes the judgment final soonest: it is refused only where no reading makes it
final. Notices state more and are checked more strictly (`federation.notices.finality`).
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
#: Final only once a higher court has approved it; a record does not show how long that takes.
CAPITAL = frozenset({pb.PENALTY_KIND_DEATH, pb.PENALTY_KIND_DEATH_SUSPENDED})
#: Retrial and change of execution; a second instance ends in 终: 刑终, and 刑一终 to 刑五终 by chamber.
_WHEN_MADE = ("刑再", "刑更")
_SECOND_INSTANCE, _FIRST_INSTANCE = "终", "初"
#: Marks to look for before the slower parsing: a number without any of them is of no judgment that is final when made.
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
    """Return the day after the last day to appeal against a judgment served on `served`: then it is final."""
    ruling = record.instrument.kind == pb.INSTRUMENT_KIND_RULING
    return served + timedelta(days=(RULING_DAYS if ruling else JUDGMENT_DAYS) + 1)


def earliest_final(record: pb.Record) -> date | None:
    """Return the first day on which the judgment can be final by any reading; None when no day can be excluded.

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
    except InvalidRequest:  # the check of the number reports it
        return None


def _day(text: str) -> date | None:
    try:
        return calendar.parse_date(text) if text else None
    except ValueError:  # the check of the dates reports it
        return None
