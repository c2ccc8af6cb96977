"""Not this person (不是本人): an officer of the holder rules a candidate out once, and may take it back (R34).

A question about the person ends in CONFIRM_IDENTITY as long as an open record may be theirs and no fact
decides it. The officer sees such candidates and decides on one with a reason and a document: no question with that
number is stopped by it again. Every step is logged and stays known.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from federation.errors import FieldViolation, InvalidRequest, NotFound, OutOfOrder, Stale
from federation.evidence.entry import EntryKind
from federation.law.sealing import Status
from federation.record.matching import Sought, identified, shares_number
from federation.record.others import act_without_others
from federation.statements.subjects import subject_violations
from federation.v1 import identity_pb2 as pb
from federation.v1 import query_pb2, registry_pb2
from federation.values.clock import stamp
from node.identity.candidates import Candidates
from node.identity.merging import insist_instrument
from node.register.acts import Register, insist_current, insist_reason, not_shown, parse_id
from node.register.distinction_store import DistinctionStore
from node.register.distinctions import Distinctions
from node.register.sealed_others import SealedOthers
from server.journal.work import Work
from server.opening import Act

MOST_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Distinguisher:
    """Shows candidates, and keeps the decisions on them."""

    register: Register
    candidates: Candidates
    others: SealedOthers
    distinctions: Distinctions
    store: DistinctionStore

    def show_candidates(self, asked: pb.CandidateQuery, act: Act) -> tuple[list[pb.PersonCandidate], bool]:
        """Return the open records that may be the person's, and whether there are too many to tell apart.

        Raises `InvalidRequest` or `Replayed`.
        """
        insist_reason(asked.reason)
        self._insist_subject(asked.subject)
        found, too_many = self.candidates.of(asked.subject)

        def command(work: Work) -> None:
            act.insist_first(work)
            shown = [each.record_id for each in found]
            act.log(work, EntryKind.CANDIDATES_SHOWN, at=stamp(self.register.now()), records=shown)

        self.register.journal.run(command)
        return found, too_many

    def distinguish(self, body: pb.Distinction, act: Act) -> pb.PersonDistinction:
        """Decide that a record is not the person's; sealed and unknown records are equally not found.

        Raises `InvalidRequest`, `NotFound`, `Stale`, `AlreadyExists`, or `OutOfOrder` (SURE_MATCH) where number and
        person identify: such a record is split off, corrected or withdrawn.
        """
        insist_reason(body.reason)
        insist_instrument(body.instrument)
        self._insist_subject(body.subject)
        if len(body.subject.identifiers) != 1:
            raise InvalidRequest.of(
                "subject.identifiers", "R34", "give the one number for which it is decided"
            )
        record_id, distinction_id = parse_id(body.record_id), os.urandom(16)

        def command(work: Work) -> pb.PersonDistinction:
            act.insist_first(work)
            event = self._open(work, record_id)
            if event is None:
                raise not_shown()
            insist_current(work, self.register, record_id, body.expected_version)
            person, sought = event.record.person, Sought.of_subject(body.subject)
            if shares_number(sought, person) and identified(sought, person):
                raise OutOfOrder(
                    "number and person are those of the record: split it off if the identity was stolen",
                    reason="SURE_MATCH",
                )
            halves = (
                self.distinctions.person(body.subject.identifiers[0]),
                self.distinctions.record(record_id, person),
            )
            self.store.stand(work, distinction_id, *halves)
            step = pb.DistinctionEvent(
                version=1,
                step=pb.DISTINCTION_STEP_MADE,
                record=pb.RecordVersion(record_id=body.record_id, expected_version=body.expected_version),
                subject=body.subject,
                reason=body.reason,
                instrument=body.instrument,
            )
            self._write(work, distinction_id, step, act, EntryKind.PERSONS_DISTINGUISHED)
            made = self.store.read(work.view, distinction_id)
            self._as_shown(work, made)
            return made

        return self.register.journal.run(command).value

    def undo(self, body: pb.DistinctionUndoing, act: Act) -> pb.PersonDistinction:
        """Take a decision back. Raises `NotFound`, `Stale`, or `OutOfOrder` (UNDONE)."""
        insist_reason(body.reason)
        distinction_id = _distinction_id(body.distinction_id)

        def command(work: Work) -> pb.PersonDistinction:
            act.insist_first(work)
            before = self.store.read(work.view, distinction_id)
            newest = before.events[-1]
            if not before.stands:
                raise OutOfOrder(
                    f"{newest.officer} took this decision back at {newest.at}: nothing is left to undo",
                    reason="UNDONE",
                )
            if before.version != body.expected_version:
                raise Stale(
                    f"the decision is at version {before.version}, not {body.expected_version}: "
                    "look again, then decide",
                    current=str(before.version),
                )
            self.store.fall(work, distinction_id)
            step = pb.DistinctionEvent(
                version=before.version + 1,
                step=pb.DISTINCTION_STEP_UNDONE,
                record=newest.record,
                subject=newest.subject,
                reason=body.reason,
            )
            self._write(work, distinction_id, step, act, EntryKind.DISTINCTION_UNDONE)
            after = self.store.read(work.view, distinction_id)
            self._as_shown(work, after)
            return after

        return self.register.journal.run(command).value

    def show(self, wanted: pb.DistinctionFilter, act: Act) -> list[pb.PersonDistinction]:
        """Return one decision, or the newest, with every step; raises `NotFound` or `InvalidRequest`.

        One about a record that is not open today is treated as if it did not exist (R45).
        """
        if not 1 <= wanted.limit <= MOST_SHOWN:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_SHOWN}")
        only = _distinction_id(wanted.distinction_id) if wanted.distinction_id else None

        def command(work: Work) -> list[pb.PersonDistinction]:
            act.insist_first(work)
            ids: Sequence[bytes] = [only] if only else self.store.ids(work.view)
            read = [self.store.read(work.view, each) for each in ids]
            found = [each for each in read if self._as_shown(work, each)]
            if only and not found:
                raise NotFound("no decision of that id can be shown: take the id from the list of decisions")
            at = stamp(self.register.now())
            act.log(work, EntryKind.DISTINCTIONS_SHOWN, at=at, distinctions=len(found))
            return sorted(found, key=lambda each: each.events[0].at, reverse=True)[: wanted.limit]

        return self.register.journal.run(command).value

    def _insist_subject(self, subject: query_pb2.Subject) -> None:
        violations: list[FieldViolation] = list(
            subject_violations(subject, allow_synthetic=self.register.allow_synthetic)
        )
        if violations:
            raise InvalidRequest(violations)

    def _open(self, work: Work, record_id: bytes) -> registry_pb2.RecordEvent | None:
        """Return the newest version of a record that is open by today's rules too."""
        current = self.register.records.by_id(work.view, record_id)
        if current is None or current.status is not Status.OPEN:
            return None
        event = self.register.records.newest(work.view, current)
        judged = self.register.judged(work, event, self.register.now())
        return event if judged is Status.OPEN else None

    def _as_shown(self, work: Work, found: pb.PersonDistinction) -> bool:
        """Leave of a decision what may be shown, and return whether that is anything.

        Nothing is shown of a record that is not open, and no text that may name another offender who is sealed (R41).
        """
        record_id = parse_id(found.events[0].record.record_id)
        event = self._open(work, record_id)
        if event is None:
            del found.events[:]
            return False
        if self.others.of({record_id: event.record}, work):
            for step in found.events:
                act_without_others(step, event.record)
        return True

    def _write(
        self, work: Work, distinction_id: bytes, step: pb.DistinctionEvent, act: Act, kind: EntryKind
    ) -> None:
        at = stamp(self.register.now())
        step.officer, step.installation, step.at = act.officer, str(act.installation), at
        clear = self.store.write(work, distinction_id, step)
        act.log(
            work,
            kind,
            at=at,
            distinction=distinction_id.hex(),
            version=step.version,
            records=[step.record.record_id],
            digest=hashlib.sha256(clear).hexdigest(),
        )


def _distinction_id(text: str) -> bytes:
    try:
        distinction_id = bytes.fromhex(text)
    except ValueError:
        distinction_id = b""
    if len(distinction_id) != 16:
        raise InvalidRequest.of(
            "distinction_id", "FORMAT", "is not 32 hex digits: take the id from the list of decisions"
        )
    return distinction_id
