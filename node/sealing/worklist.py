"""The work list: decisions on sealing that wait for an officer, each with its last day and who decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.law.sealing import Decision, Status
from federation.law.workdays import Workdays, workdays
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from federation.values.clock import legal_day, parse_stamp, stamp
from node.register.acts import Register
from node.register.decision import decision_on
from node.sealing.certifying import OBJECTED, SealCertifier
from node.store.reading import Reader, StoredRecord
from server.journal.work import Work
from server.opening import Act

#: Working days within which a person decides on a withheld record (A18: sealing within three days).
WORKING_DAYS = 3

THIS_AGENCY = "this agency: amend the fact that is missing, or seal"
HOLDERS = "all holders: agree on the facts they differ in"


class WorkList:
    """Lists what waits for an officer at this node: withheld records, and seals that other holders object to."""

    def __init__(
        self,
        *,
        register: Register,
        reader: Reader,
        certifying: SealCertifier,
        calendar: Workdays | None = None,
    ) -> None:
        self._register = register
        self._reader = reader
        self._certifying = certifying
        self._calendar = calendar or workdays()

    def show(self, asked: sealing_pb2.SealingList, act: Act) -> list[sealing_pb2.SealingTask]:
        """Return the list to an officer of this agency, and log that it was shown (R44)."""
        if asked.status != record_pb2.SEALING_STATUS_WITHHELD:
            raise InvalidRequest.of("status", "R40", "only WITHHELD records wait for a person")
        at = stamp(self._register.now())

        def command(work: Work) -> None:
            act.insist_first(work)
            act.log(
                work,
                EntryKind.SEALED_ACCESS,
                at=at,
                purpose="work-list",
            )

        self._register.journal.run(command)
        return sorted(self.tasks(), key=lambda task: (task.due_on, task.record_id))

    def tasks(self) -> Iterator[sealing_pb2.SealingTask]:
        """Yield the tasks that wait by today's rules."""
        day = legal_day(self._register.now())
        profile = self._register.profile_on(day)
        for stored in self._reader.all():
            decision = decision_on(stored.event, profile, day)
            if decision.status is Status.WITHHELD:
                order = stored.event.order
                yield self._task(
                    stored, decision, self._withheld_since(stored, profile, day), _decides(order)
                )
            elif decision.status is Status.SEALED:
                yield from self._objected(stored, decision)

    def _objected(self, stored: StoredRecord, decision: Decision) -> Iterator[sealing_pb2.SealingTask]:
        """Yield a task for objections until the record is sealed again with a reason, corrected or unsealed."""
        objections = [
            answer
            for answer in self._certifying.answers(stored.record_id)
            if answer.body.stance == OBJECTED and answer.received_at > stored.event.provenance.entered_at
        ]
        if objections:
            since = min(answer.received_at for answer in objections)
            task = self._task(stored, decision, since, THIS_AGENCY)
            task.objections.extend(
                f"{answer.body.node}, {answer.body.officer}: {answer.body.reason}" for answer in objections
            )
            yield task

    def _task(
        self, stored: StoredRecord, decision: Decision, since: str, decides: str
    ) -> sealing_pb2.SealingTask:
        due = due_on(legal_day(parse_stamp(since)), calendar=self._calendar)
        return sealing_pb2.SealingTask(
            record_id=stored.record_id.hex(),
            version=stored.event.version,
            rule=decision.rule,
            clause=decision.clause,
            reason=decision.reason,
            since=since,
            due_on=due.isoformat(),
            late=legal_day(self._register.now()) > due,
            decides=decides,
        )

    def _withheld_since(self, stored: StoredRecord, profile: str, day: date) -> str:
        """Return since when the record is withheld without a break; an amendment that settles nothing is no break."""
        since = stored.event.provenance.entered_at
        for event in reversed(self._reader.history(stored.record_id)):
            if decision_on(event, profile, day).status is not Status.WITHHELD:
                break
            since = event.provenance.entered_at
        return since


def _decides(order: registry_pb2.SealingOrder) -> str:
    if order.kind != registry_pb2.SEALING_ORDER_KIND_HELD:
        return THIS_AGENCY
    if not order.proposer:
        return HOLDERS
    remedy = " (objected)" if order.objected_by else ": object, or wait until it withdraws"
    return f"{order.proposer}, which sealed it{remedy}"


def due_on(entered: date, *, working_days: int = WORKING_DAYS, calendar: Workdays) -> date:
    """Return the last day to decide, counted in working days from entry."""
    return calendar.after(entered, working_days)
