"""The day a judgment became final (A5): appeal period expired, final instance, or approved by a higher court."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from federation.errors import FieldViolation, InvalidRequest
from federation.record.finality import CAPITAL, after_appeal_period, final_when_made
from federation.v1 import notice_pb2
from federation.values import calendar


def basis_of(notice: notice_pb2.Notice) -> notice_pb2.FinalityBasis.ValueType:
    """Return how the judgment of an N1 became final, as the notice states or else by its number and penalty."""
    record = notice.record
    if notice.finality:
        return notice.finality
    if record.combined_penalty.kind in CAPITAL:
        return notice_pb2.FINALITY_BASIS_APPROVED
    if final_when_made(record):
        return notice_pb2.FINALITY_BASIS_FINAL_INSTANCE
    return notice_pb2.FINALITY_BASIS_APPEAL_PERIOD_EXPIRED


def earliest_final(notice: notice_pb2.Notice) -> date:
    """Return the first day on which the judgment can have been final; raises `InvalidRequest`.

    The appeal period counts from the day after the document was received; the judgment is final on the day
    after its last day.
    """
    record, basis = notice.record, basis_of(notice)
    if basis == notice_pb2.FINALITY_BASIS_APPEAL_PERIOD_EXPIRED:
        served = _day(record.served_on, "record.served_on", "the appeal period counts from its service")
        return after_appeal_period(served, record)
    if basis == notice_pb2.FINALITY_BASIS_APPROVED:
        return _day(notice.approved_on, "approved_on", "a death sentence is final once approved")
    return _day(record.pronounced_on, "record.pronounced_on", "a final instance decides on its day")


def finality_faults(notice: notice_pb2.Notice, *, today: date) -> Iterator[FieldViolation]:
    """Yield why the judgment of an N1 is not effective yet (R23), or not since the day that it states (A5)."""
    capital = notice.record.combined_penalty.kind in CAPITAL
    if capital and basis_of(notice) != notice_pb2.FINALITY_BASIS_APPROVED:
        yield FieldViolation("finality", "A5", "a death sentence is final only once approved: say when")
        return
    try:
        earliest = earliest_final(notice)
    except InvalidRequest as error:
        yield from error.violations
        return
    if earliest > today:
        yield FieldViolation(
            "record.final_on",
            "R23",
            f"not yet effective: final from {earliest} at the earliest; send it then",
        )
        return
    try:
        final = calendar.parse_date(notice.record.final_on)
    except ValueError:
        yield FieldViolation("record.final_on", "R23", "say since when the judgment is final")
        return
    if final < earliest:
        yield FieldViolation(
            "record.final_on", "A5", f"{final} is too early: final from {earliest} at the earliest"
        )


def _day(text: str, field: str, why: str) -> date:
    if not text:
        raise InvalidRequest.of(field, "A5", f"is needed to reckon finality: {why}")
    try:
        return calendar.parse_date(text)
    except ValueError as error:
        raise InvalidRequest.of(field, "DATE", str(error)) from None
