"""Whether the judgment of a record can be final by now (A5, R18, R23).

A record states neither the basis of finality nor an approval, and often no service. It is refused only where no reading
makes its judgment final (`federation.law.finality`). Notices state more and are checked more strictly
(`federation.notices.finality`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from federation.errors import FieldViolation, InvalidRequest
from federation.law.finality import Finality, JudgmentFacts, Way, finality_of
from federation.law.punishment import KINDS
from federation.law.workdays import workdays
from federation.v1 import record_pb2 as pb
from federation.values import case_number
from federation.values.calendar import known_day
from federation.values.case_number import CaseNumber


def judgment_of(record: pb.Record, approved_on: str = "") -> JudgmentFacts:
    """Return what finality depends on; what cannot be read counts as unknown, and its own check reports it."""
    return JudgmentFacts(
        number=_parsed(record.judgment_number.original),
        court=record.court.name,
        ruling=record.instrument.kind == pb.INSTRUMENT_KIND_RULING,
        penalty=KINDS.get(record.combined_penalty.kind),
        pronounced=known_day(record.pronounced_on),
        served=known_day(record.served_on),
        approved=known_day(approved_on),
    )


def earliest_final(record: pb.Record) -> Finality | None:
    """Return the first day on which the judgment can be final by any reading; None when no day can be excluded."""
    found = finality_of(judgment_of(record), workdays())
    return found if found.way is Way.APPEAL_PERIOD and found.day else None


def too_early(record: pb.Record, final_on: str) -> Finality | None:
    """Return the first day on which the judgment can be final where `final_on` lies certainly before it (A5)."""
    found, final = earliest_final(record), known_day(final_on)
    if found is None or found.day is None or final is None or final >= found.day:
        return None
    return found


def check(record: pb.Record, *, today: date) -> Iterator[FieldViolation]:
    """Yield why the judgment of a criminal record cannot be final on the day `today` (R23)."""
    found = earliest_final(record)
    if found is not None and found.day is not None and found.day > today:
        note = f" ({found.note})" if found.note else ""
        yield FieldViolation(
            "final_on",
            "R23",
            f"not yet effective: an appeal is possible, and it is final from {found.day} at the earliest{note}; "
            "enter it then",
        )


def _parsed(number: str) -> CaseNumber | None:
    try:
        return case_number.parse(number) if number else None
    except InvalidRequest:  # the check of the number reports it
        return None
