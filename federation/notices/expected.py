"""The notices still expected for a conviction, and when: the end of the sentence, the outcome of a retrial (R25-R27).

The end is the latest day that the record allows. Custody before the judgment and reductions, which may be missing
from a record, only make the true end earlier: a notice that is overdue here is really overdue. Where a record does
not state enough, no notice is expected, so that nobody is blamed wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from federation.law.punishment import execution_over
from federation.law.relevance.ends import day_of, later
from federation.law.relevance.retrial import RETRIAL, pending_retrial
from federation.notices.due import due_times
from federation.notices.kinds import kind_name
from federation.v1 import notice_pb2
from federation.v1 import record_pb2 as pb

#: While one of these is the last event, time does not run; afterwards it runs from the day on which serving resumed.
_INTERRUPTED = frozenset({pb.EXECUTION_KIND_ESCAPED, pb.EXECUTION_KIND_REVOKED})
_TERMS = frozenset({pb.PENALTY_KIND_CONTROL, pb.PENALTY_KIND_CRIMINAL_DETENTION, pb.PENALTY_KIND_FIXED_TERM})


@dataclass(frozen=True, slots=True)
class Expected:
    """A notice that is expected: its kind, the last day of the sentence, the last day to report it, and the basis."""

    kind: notice_pb2.NoticeKind.ValueType
    ends_on: date
    due_on: date
    executor: str
    basis: str


def expected(record: pb.Record) -> Expected | None:
    """Return the notice that still has to report the end of this sentence; None when there is none or it is unknown."""
    penalty, kinds = record.combined_penalty, _kinds(record)
    if (
        penalty.kind not in _TERMS
        or execution_over(record) & set(kinds)
        or (kinds and kinds[-1] in _INTERRUPTED)
    ):
        return None
    if pb.EXECUTION_KIND_COMMUTED in kinds:
        return None  # the record does not state the new term
    if any(
        u.field == "execution" and u.reason == pb.UNKNOWN_REASON_HELD_BY_ANOTHER_AGENCY
        for u in record.unknowns
    ):
        return None  # the agency that holds the execution gets the notice and expects it
    final = day_of(record.final_on)
    executors = (event.executor for event in reversed(record.execution) if event.kind not in RETRIAL)
    executor = next(filter(None, executors), "")
    if penalty.probation_months and pb.EXECUTION_KIND_SERVING not in kinds:
        ends = _end(final, penalty.probation_months, 0)
        return _notice_due(notice_pb2.NOTICE_KIND_CORRECTION_COMPLETED, ends, executor, "probation (刑法 73)")
    if record.further_penalty.kind and pb.EXECUTION_KIND_COMPLETED in kinds:
        return _control_after(record, executor)
    begins = _begins(record) or final
    ends = _end(begins, penalty.months, penalty.days)
    if penalty.kind == pb.PENALTY_KIND_CONTROL:
        return _notice_due(notice_pb2.NOTICE_KIND_CORRECTION_COMPLETED, ends, executor, "control (刑法 41)")
    if pb.EXECUTION_KIND_PAROLED in kinds:
        return _notice_due(notice_pb2.NOTICE_KIND_CORRECTION_COMPLETED, ends, executor, "parole (刑法 83)")
    basis = "detention (刑法 44)" if penalty.kind == pb.PENALTY_KIND_CRIMINAL_DETENTION else "term (刑法 47)"
    return _notice_due(notice_pb2.NOTICE_KIND_RELEASE, ends, executor, basis)


def _control_after(record: pb.Record, executor: str) -> Expected | None:
    """Return the notice of the end of control that is served after a term or detention (刑法 69(2))."""
    released = max(
        day for e in record.execution if e.kind == pb.EXECUTION_KIND_COMPLETED and (day := day_of(e.on))
    )
    further = record.further_penalty
    ends = _end(released + timedelta(days=1), further.months, further.days)
    return _notice_due(
        notice_pb2.NOTICE_KIND_CORRECTION_COMPLETED, ends, executor, "control after release (刑法 69)"
    )


def outcome_expected(record: pb.Record) -> Expected | None:
    """Return the notice of the outcome of a retrial, an acquittal perhaps; None when no retrial is open."""
    retrial = pending_retrial(record)
    if retrial is None:
        return None
    return _notice_due(
        notice_pb2.NOTICE_KIND_RETRIAL_CHANGE, retrial.ends_on, retrial.court, "retrial (刑诉法 258)"
    )


def _kinds(record: pb.Record) -> list[pb.ExecutionKind.ValueType]:
    """Return the events of execution; that a judgment is tried again executes nothing."""
    return [event.kind for event in record.execution if event.kind not in RETRIAL]


def _begins(record: pb.Record) -> date | None:
    """Return the first day that counts: that of the first serving, or of the last after an escape or revocation."""
    serving = (pb.EXECUTION_KIND_SERVING, pb.EXECUTION_KIND_COMMUNITY_CORRECTION)
    days = [day_of(event.on) for event in record.execution if event.kind in serving]
    interrupted = any(event.kind in _INTERRUPTED for event in record.execution)
    return None if not days else days[-1] if interrupted else days[0]


def _end(begins: date | None, months: int, days: int) -> date | None:
    """Return the last day of a length of time whose first day is `begins`."""
    if begins is None:
        return None
    return later(begins, months=months) + timedelta(days=days - 1)


def _notice_due(
    kind: notice_pb2.NoticeKind.ValueType, ends: date | None, executor: str, basis: str
) -> Expected | None:
    if ends is None:
        return None
    return Expected(kind, ends, due_times()[kind_name(kind)].due_on(ends), executor, basis)


def in_correction(record: pb.Record) -> bool:
    """Say whether the person is in community correction: on probation, under control, paroled, outside prison."""
    last = [kind for kind in _kinds(record) if kind != pb.EXECUTION_KIND_REDUCED][-1:]
    if last and last[0] in (
        pb.EXECUTION_KIND_COMMUNITY_CORRECTION,
        pb.EXECUTION_KIND_PAROLED,
        pb.EXECUTION_KIND_OUTSIDE_PRISON,
    ):
        return True
    due = expected(record)
    return due is not None and due.kind == notice_pb2.NOTICE_KIND_CORRECTION_COMPLETED
