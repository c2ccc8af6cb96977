"""The day a judgment became final, as a notice states it (A5): appeal period expired, final instance, or approved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from federation.errors import FieldViolation, InvalidRequest
from federation.law.finality import Finality, Way, approval_fault, finality_of, way_of
from federation.law.workdays import workdays
from federation.record.finality import judgment_of
from federation.v1 import notice_pb2
from federation.values import calendar

_BASES = {
    Way.APPEAL_PERIOD: notice_pb2.FINALITY_BASIS_APPEAL_PERIOD_EXPIRED,
    Way.WHEN_MADE: notice_pb2.FINALITY_BASIS_FINAL_INSTANCE,
    Way.APPROVAL: notice_pb2.FINALITY_BASIS_APPROVED,
}
_WAYS = {basis: way for way, basis in _BASES.items()}
_NEEDED = {
    "served": ("record.served_on", "the appeal period counts from its service"),
    "pronounced": ("record.pronounced_on", "a final instance decides on its day"),
    "approved": ("approved_on", "it is final once approved"),
}


def basis_of(notice: notice_pb2.Notice) -> notice_pb2.FinalityBasis.ValueType:
    """Return how the judgment of an N1 became final, as the notice states or else by its number and penalty."""
    return notice.finality or _BASES[way_of(judgment_of(notice.record, notice.approved_on))]


def earliest_final(notice: notice_pb2.Notice) -> Finality:
    """Return the first day on which the judgment can have been final; raises `InvalidRequest`.

    The appeal period counts from the day after the document was received; the judgment is final on the day
    after its last day. Where the day of receipt is not stated, it may have been that of the pronouncement.
    """
    record, basis = notice.record, basis_of(notice)
    days = (
        ("record.served_on", record.served_on),
        ("record.pronounced_on", record.pronounced_on),
        ("approved_on", notice.approved_on),
    )
    for field, text in days:
        _insist_day(text, field)
    if basis not in _WAYS:
        raise InvalidRequest.of("finality", "A5", "is no known way in which a judgment becomes final")
    found = finality_of(judgment_of(record, notice.approved_on), workdays(), _WAYS[basis])
    if found.missing:
        field, why = _NEEDED[found.missing]
        raise InvalidRequest.of(field, "A5", f"is needed to reckon finality: {why}")
    return found


def finality_faults(notice: notice_pb2.Notice, *, today: date) -> Iterator[FieldViolation]:
    """Yield why the judgment of an N1 is not effective yet (R23), or not since the day that it states (A5)."""
    judged = judgment_of(notice.record)
    if way_of(judged) is Way.APPROVAL and basis_of(notice) != notice_pb2.FINALITY_BASIS_APPROVED:
        yield FieldViolation("finality", "A5", "a death sentence is final only once approved: say when")
        return
    try:
        found = earliest_final(notice)
    except InvalidRequest as error:
        yield from error.violations
        return
    earliest, note = found.day or today, f" ({found.note})" if found.note else ""
    if fault := approval_fault(judgment_of(notice.record, notice.approved_on), workdays()):
        yield FieldViolation("approved_on", "A5", fault)
    elif earliest > today:
        yield FieldViolation(
            "record.final_on",
            "R23",
            f"not yet effective: final from {earliest} at the earliest{note}; send it then",
        )
    else:
        yield from _stated(notice.record.final_on, earliest, note, today=today)


def _stated(final_on: str, earliest: date, note: str, *, today: date) -> Iterator[FieldViolation]:
    try:
        final = calendar.parse_date(final_on)
    except ValueError:
        yield FieldViolation("record.final_on", "R23", "say since when the judgment is final")
        return
    if final > today:
        yield FieldViolation("record.final_on", "R23", f"not yet effective: final from {final}; send it then")
    elif final < earliest:
        yield FieldViolation(
            "record.final_on", "A5", f"{final} is too early: final from {earliest} at the earliest{note}"
        )


def _insist_day(text: str, field: str) -> None:
    try:
        if text:
            calendar.parse_date(text)
    except ValueError as error:
        raise InvalidRequest.of(field, "DATE", str(error)) from None
