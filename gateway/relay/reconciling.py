"""Compare a court's list of effective judgments with the notices accepted from it (R23, R48)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from federation.charter.model import Charter
from federation.errors import FieldViolation, InvalidRequest, PermissionDenied
from federation.evidence.entry import EntryKind
from federation.notices.due import due_times
from federation.record.validate import canonical_number
from federation.v1 import record_pb2
from federation.v1 import timeliness_pb2 as pb
from federation.values.calendar import parse_date
from federation.values.clock import legal_day, stamp
from federation.values.identity import OrganFunction
from gateway.relay.judgment_store import JudgmentStore, ReceivedJudgment
from gateway.strongbox import Strongbox
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act

MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class _Listed:
    key: bytes
    due_on: date
    persons: int


class CourtReconciler:
    """Compares lists of courts with their own notices, never with anybody else's."""

    def __init__(
        self,
        *,
        journal: Journal,
        judgments: JudgmentStore,
        strongbox: Strongbox,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._judgments = judgments
        self._box = strongbox
        self._charter = charter
        self._now = now

    def reconcile(self, listed: pb.JudgmentList, act: Act) -> list[pb.ReconciledJudgment]:
        """Return the state of each listed judgment, in order; raises `InvalidRequest` naming wrong rows."""
        now, sender = self._now(), act.installation.member
        if not self._charter().members[sender].does(OrganFunction.COURT):
            raise PermissionDenied(
                "a list of effective judgments comes from a court: sign it as one", reason="NO_COURT"
            )
        rows = self._read(listed, legal_day(now))

        def command(work: Work) -> None:
            act.insist_first(work)
            act.log(work, EntryKind.RECONCILED, at=stamp(now), judgments=len(rows))

        self._journal.run(command, onces=[act.once])
        with self._journal.reading() as view:
            received = self._judgments.received(view, sender, [row.key for row in rows])
        return [_state(row, received.get(row.key, ReceivedJudgment()), legal_day(now)) for row in rows]

    def _read(self, listed: pb.JudgmentList, today: date) -> list[_Listed]:
        if not 1 <= len(listed.judgments) <= MOST_LISTED:
            raise InvalidRequest.of(
                "judgments", "SIZE", f"a list holds 1 to {MOST_LISTED} judgments: send more lists"
            )
        rows, faults = [], list[FieldViolation]()
        for n, judgment in enumerate(listed.judgments):
            number = record_pb2.JudgmentNumber(original=judgment.number)
            try:
                canonical = canonical_number(number)
                final = parse_date(judgment.final_on)
                if final > today:
                    raise ValueError(f"lies in the future: it is {today.isoformat()} now")
            except InvalidRequest as error:
                faults += [
                    FieldViolation(f"judgments[{n}].number", v.rule, v.message) for v in error.violations
                ]
                continue
            except ValueError as error:
                faults.append(FieldViolation(f"judgments[{n}].final_on", "DATE", str(error)))
                continue
            due = due_times()["judgment"].due_on(final)
            rows.append(_Listed(self._box.judgment_key(canonical), due, judgment.persons or 1))
        if faults:
            raise InvalidRequest(faults)
        return rows


def _state(row: _Listed, got: ReceivedJudgment, today: date) -> pb.ReconciledJudgment:
    reconciled = pb.ReconciledJudgment(
        received=got.persons,
        expected=row.persons,
        due_on=row.due_on.isoformat(),
        unsettled=got.unsettled,
    )
    if got.persons >= row.persons:
        reconciled.state = pb.RECONCILED_STATE_LATE if got.late_days else pb.RECONCILED_STATE_RECEIVED
        reconciled.late_days = got.late_days
    elif today <= row.due_on:
        reconciled.state = pb.RECONCILED_STATE_NOT_YET_DUE
    else:
        reconciled.state = pb.RECONCILED_STATE_INCOMPLETE if got.persons else pb.RECONCILED_STATE_MISSING
        reconciled.late_days = (today - row.due_on).days
    return reconciled
