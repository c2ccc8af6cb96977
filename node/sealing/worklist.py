"""The work list: decisions on sealing that wait for an officer, each with its last day, who decides, and a proposal.

Records about whose person somebody has applied for an answer come first (A27).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import TypeAlias

from federation.errors import InvalidRequest, NotFound
from federation.law.bases import Basis
from federation.law.limitation import Proposed, proposal
from federation.law.sealing import Decision, Status
from federation.law.sealing_grounds import on_age
from federation.law.workdays import Workdays, workdays
from federation.record.facts import readings_of
from federation.statements.announcements import searched
from federation.v1 import query_pb2, record_pb2, registry_pb2, sealing_pb2
from federation.values.calendar import parse_date
from federation.values.clock import legal_day, parse_stamp
from federation.values.enum_names import record_class_name
from federation.values.terms import RecordClass
from federation.values.tokens import person_digests
from node.announcing.store import AnnouncementStore
from node.register.acts import Register, insist_reason, parse_id
from node.register.decision import decision_on
from node.sealing.looking import account_look
from node.sealing.objections import WaitingObjections
from node.sealing.run_store import Place, RunStore
from node.store.reading import Reader, StoredRecord
from server.opening import Act

#: Working days within which a person decides on a withheld record (A18: sealing within three days).
WORKING_DAYS = 3

#: The breach of a holder that keeps an applicant waiting past the day to decide: not registering as required (R51).
LATE_BREACH = "G1"
THIS_AGENCY = "this agency: decide on the age, amend the fact that is missing, or seal"
HOLDERS = "all holders: agree on the facts they differ in"


#: By class of record: the first release of an application about each person, by token.
Releases: TypeAlias = Mapping[RecordClass, Mapping[bytes, str]]


class WorkList:
    """Lists what waits for an officer at this node: withheld records, and seals that other holders object to."""

    def __init__(
        self,
        *,
        register: Register,
        reader: Reader,
        opened: Reader,
        announced: AnnouncementStore,
        violation_certificates: Callable[[], bool],
        catalogue: Mapping[str, Basis],
        calendar: Workdays | None = None,
    ) -> None:
        """Who waits for a record depends on the charter's reading `violation_certificates`, and on the catalogue."""
        self._register = register
        self._reader = reader
        self._opened = opened
        self._runs = RunStore(register.sealer.run_vault)
        self._objections = WaitingObjections(register=register)
        self._announced = announced
        self._violation_certificates = violation_certificates
        self._catalogue = catalogue
        self._calendar = calendar or workdays()

    def show(self, asked: sealing_pb2.SealingList, act: Act) -> list[sealing_pb2.SealingTask]:
        """Return the list to an officer of this agency, and log that it was shown (R44)."""
        if asked.status != record_pb2.SEALING_STATUS_WITHHELD:
            raise InvalidRequest.of("status", "R40", "only WITHHELD records wait for a person")
        account_look(self._register, act, self._register.now(), purpose="work-list")
        return sorted(self.tasks(), key=_urgency)

    def examine(
        self, asked: sealing_pb2.Examination, act: Act
    ) -> tuple[record_pb2.Facet, sealing_pb2.SealingTask]:
        """Return a withheld record with its task to the officer who must decide on it; logged, with the reason (R44).

        Raises `NotFound` for any other record: open and sealed ones are shown, or not, elsewhere.
        """
        record_id = parse_id(asked.record_id)
        insist_reason(asked.reason)
        at = self._register.now()
        day = legal_day(at)
        profile = self._register.profile_on(day)
        stored = self._reader.show(record_id) or self._opened.show(record_id)
        decision = decision_on(stored.event, profile, day) if stored else None
        waits = decision is not None and decision.status is Status.WITHHELD
        account_look(
            self._register,
            act,
            at,
            purpose="decide",
            record=asked.record_id,
            reason=asked.reason,
            shown=int(waits),
        )
        if stored is None or decision is None or not waits:
            raise NotFound(
                "no record of that id waits for a decision on sealing: look at the list of those that do"
            )
        facet = record_pb2.Facet(
            record_id=stored.record_id.hex(),
            version=stored.event.version,
            record=stored.event.record,
            provenance=stored.provenance,
        )
        return facet, self._withheld(stored, decision, profile, day, self._releases())

    def tasks(self) -> Iterator[sealing_pb2.SealingTask]:
        """Yield the tasks that wait by today's rules."""
        day = legal_day(self._register.now())
        profile = self._register.profile_on(day)
        releases = self._releases()
        for stored in (*self._reader.all(), *self._awaiting_run()):
            decision = decision_on(stored.event, profile, day)
            if decision.status is Status.WITHHELD:
                yield self._withheld(stored, decision, profile, day, releases)
            elif decision.status is Status.SEALED:
                yield from self._objected(stored, decision)

    def _awaiting_run(self) -> Iterator[StoredRecord]:
        """Yield the records that lie open until a run may close them, each once."""
        yield from self._opened.find(self._register.sealer.closing_marks)

    def _withheld(
        self,
        stored: StoredRecord,
        decision: Decision,
        profile: str,
        day: date,
        releases: Releases,
    ) -> sealing_pb2.SealingTask:
        """Return the task of a withheld record, with what a computation proposes and who waits for it."""
        since = self._withheld_since(stored, profile, day)
        task = self._task(stored, decision, since, _decides(stored.event.order))
        task.awaited_on = self._awaited(stored, releases)
        if task.awaited_on and task.late:
            task.breach = LATE_BREACH
        if on_age(decision.rule):
            record = stored.event.record
            judged = record.pronounced_on or record.final_on or record.decision.decided_on
            found = proposal(readings_of(record), parse_date(judged) if judged else None, profile)
            if found is not None:
                task.proposed, task.proposed_because = _PROPOSED[found.decision], found.because
        return task

    def _releases(self) -> Releases:
        """Return the releases of the applications that may wait for a record of each class."""
        admitted = self._violation_certificates()

        @cache
        def searches(purpose: query_pb2.Purpose.ValueType, basis: str) -> frozenset[RecordClass]:
            row = self._catalogue.get(basis)
            covered = row.includes_classes if row else None
            return searched(purpose, covered, violation_certificates=admitted)

        with self._register.journal.reading() as view:
            return self._announced.releases(view, searches)

    def _awaited(self, stored: StoredRecord, by_class: Releases) -> str:
        """Return the first release of an application about the person of a record, under every number; else "".

        Nobody waits for a record of a class that the application does not search.
        """
        record = stored.event.record
        releases = by_class[RecordClass(record_class_name(record.record_class))]
        if not releases:
            return ""
        digests = person_digests(record.person)
        tokens = self._register.links.expand(self._register.sealer.digest_tokens(digests))
        return min((releases[token] for token in tokens if token in releases), default="")

    def _objected(self, stored: StoredRecord, decision: Decision) -> Iterator[sealing_pb2.SealingTask]:
        """Yield a task for objections until the record is sealed again with a reason, corrected or unsealed."""
        with self._register.journal.reading() as view:
            objections = self._objections.waiting(view, stored.record_id, stored.event)
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
        """Return since when the record is withheld without a break; an amendment that settles nothing is no break.

        One that a run has moved is withheld since then, and one that lies open until a run closes it since the day of
        that run's rules.
        """
        since = stored.event.provenance.entered_at
        if stored.status is Status.OPEN:
            with self._register.journal.reading() as view:
                run = self._runs.at(view, Place.TODAY)
            return max(since, f"{run.since}T00:00:00.000000Z") if run else since
        history = self._reader.history(stored.record_id)
        for number in reversed(range(len(history))):
            event = history[number]
            if decision_on(event, profile, day).status is not Status.WITHHELD:
                break
            since = event.provenance.entered_at
            if number and _moved_by_a_run(history[number - 1], event):
                break
        return since


def _moved_by_a_run(before: registry_pb2.RecordEvent, event: registry_pb2.RecordEvent) -> bool:
    """Say whether neither content nor order changed with a version: other rules have given it another status."""
    return event.kind == registry_pb2.RECORD_EVENT_KIND_SEALING and event.order == before.order


_PROPOSED = {
    Proposed.OF_AGE: sealing_pb2.PROPOSED_DECISION_OF_AGE,
    Proposed.SEAL: sealing_pb2.PROPOSED_DECISION_SEAL,
}


def _urgency(task: sealing_pb2.SealingTask) -> tuple[bool, str, str, str]:
    """Return the place of a task in the list: what somebody waits for comes first, by the day of its release."""
    return (not task.awaited_on, task.awaited_on, task.due_on, task.record_id)


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
