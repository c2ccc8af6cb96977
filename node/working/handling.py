"""Keep, show and assign working records: own case-handlers only, a reason each time, every access kept (R46, A17).

Sealing does not affect working records, and they do not weaken it: they are in no answer and in no count.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from federation.errors import FieldViolation, InvalidRequest, NotFound
from federation.evidence.entry import EntryKind
from federation.record import people
from federation.record.texts import text_faults
from federation.v1 import record_pb2, working_pb2
from federation.values.clock import stamp
from federation.values.hexadecimal import read_hex
from federation.values.officers import officer_fault, same_officer
from federation.values.written import written_violations
from node.register.acts import Register
from node.working.store import WorkingStore, handlers
from server.journal.work import Work
from server.opening import Act

MOST_TEXT = 20_000
MOST_HANDLERS = 20
_NOT_FOUND = "no working record of that id that you handle"


class WorkingFiles:
    """Serves the case-handlers of the node's own agency."""

    def __init__(self, *, register: Register, store: WorkingStore) -> None:
        self._register = register
        self._store = store

    def add(self, note: working_pb2.WorkingNote, act: Act) -> working_pb2.WorkingReceipt:
        """Keep a working record; whoever adds it handles it. Raises `InvalidRequest`."""
        kept = working_pb2.WorkingNote()
        kept.CopyFrom(note)
        violations = list(self._violations(kept))
        if violations:
            raise InvalidRequest(violations)
        names = list(dict.fromkeys((act.officer, *kept.handlers)))
        working_id = os.urandom(16)

        def command(work: Work) -> working_pb2.WorkingReceipt:
            act.insist_first(work)
            self._store.put(work, working_id, kept)
            return self._account(work, working_id, act, working_pb2.WORKING_ACT_ADDED, kept.reason, names)

        return self._register.journal.run(command).value

    def show(self, asked: working_pb2.WorkingReference, act: Act) -> working_pb2.WorkingRecord:
        """Return a working record to one of its handlers; raises `NotFound` for everybody else alike."""
        working_id = _id(asked.working_id)
        _insist_reason(asked.reason)

        def command(work: Work) -> working_pb2.WorkingRecord | None:
            act.insist_first(work)
            return self._look(work, working_id, act, asked.reason)

        found = self._register.journal.run(command).value
        if found is None:
            raise NotFound(_NOT_FOUND)
        return found

    def find(self, asked: working_pb2.WorkingSearch, act: Act) -> list[working_pb2.WorkingRecord]:
        """Return the working records about a person that the officer handles; those of others are not revealed."""
        _insist_reason(asked.reason)
        person = record_pb2.Person(identifiers=[asked.identifier])
        violations = list(people.check(person, allow_synthetic=self._register.allow_synthetic))
        if violations:
            raise InvalidRequest(violations)

        def command(work: Work) -> list[working_pb2.WorkingRecord]:
            act.insist_first(work)
            ids = self._store.about(work.view, person.identifiers[0])
            mine = [each for each in ids if self._handles(work, each, act)]
            found = [self._look(work, each, act, asked.reason) for each in mine]
            if not mine:  # the search itself is logged, whatever it finds
                self._log(work, act, EntryKind.WORKING_SHOWN, b"")
            return [each for each in found if each is not None]

        return self._register.journal.run(command).value

    def assign(self, asked: working_pb2.WorkingAssignment, act: Act) -> working_pb2.WorkingReceipt:
        """Let another officer of the own organ handle it too; raises `NotFound` unless the actor handles it."""
        working_id = _id(asked.working_id)
        _insist_reason(asked.reason)
        if fault := officer_fault(asked.handler):
            raise InvalidRequest.of("handler", "A17", fault)

        def command(work: Work) -> working_pb2.WorkingReceipt | None:
            act.insist_first(work)
            if not self._handles(work, working_id, act):
                self._refuse(work, working_id, act, asked.reason)
                return None
            kind = working_pb2.WORKING_ACT_ASSIGNED
            return self._account(work, working_id, act, kind, asked.reason, [asked.handler])

        receipt = self._register.journal.run(command).value
        if receipt is None:
            raise NotFound(_NOT_FOUND)
        return receipt

    def _look(self, work: Work, working_id: bytes, act: Act, reason: str) -> working_pb2.WorkingRecord | None:
        note = self._store.note(work.view, working_id)
        if note is None or not self._handles(work, working_id, act):
            self._refuse(work, working_id, act, reason)
            return None
        self._account(work, working_id, act, working_pb2.WORKING_ACT_SHOWN, reason, [])
        accesses = self._store.accesses(work.view, working_id)
        return working_pb2.WorkingRecord(
            working_id=working_id.hex(),
            person=note.person,
            case_reference=note.case_reference,
            text=note.text,
            handlers=handlers(accesses),
            accesses=accesses,
        )

    def _handles(self, work: Work, working_id: bytes, act: Act) -> bool:
        names = handlers(self._store.accesses(work.view, working_id))
        return any(same_officer(act.officer, name) for name in names)

    def _refuse(self, work: Work, working_id: bytes, act: Act, reason: str) -> None:
        """Record the attempt with the record, if there is one, and in the log, where both cases look alike."""
        if self._store.note(work.view, working_id) is not None:
            self._remember(work, working_id, act, working_pb2.WORKING_ACT_REFUSED, reason, [])
        self._log(work, act, EntryKind.WORKING_REFUSED, working_id)

    def _account(
        self,
        work: Work,
        working_id: bytes,
        act: Act,
        kind: working_pb2.WorkingAct.ValueType,
        reason: str,
        names: list[str],
    ) -> working_pb2.WorkingReceipt:
        self._remember(work, working_id, act, kind, reason, names)
        leaf = self._log(work, act, _ENTRY[kind], working_id)
        at = stamp(self._register.now())
        return working_pb2.WorkingReceipt(working_id=working_id.hex(), at=at, log_entry=leaf)

    def _remember(
        self,
        work: Work,
        working_id: bytes,
        act: Act,
        kind: working_pb2.WorkingAct.ValueType,
        reason: str,
        names: list[str],
    ) -> None:
        at = stamp(self._register.now())
        access = working_pb2.WorkingAccess(
            act=kind, officer=act.officer, at=at, reason=reason, handlers=names
        )
        self._store.add_access(work, working_id, access)

    def _log(self, work: Work, act: Act, kind: EntryKind, working_id: bytes) -> bytes:
        """Log the act; of several in one request, the first uses up the nonce."""
        first = not work.log.replays(work.view, [act.once])
        return work.log.append(
            kind,
            at=stamp(self._register.now()),
            once=act.once if first else None,
            officer=act.officer,
            by=str(act.installation),
            working=working_id.hex(),
        )

    def _violations(self, note: working_pb2.WorkingNote) -> Iterator[FieldViolation]:
        for name, limit in (("case_reference", 120), ("reason", 400)):
            yield from written_violations(
                name, getattr(note, name), limit=limit, missing=("A17", "is mandatory")
            )
        if not note.text or len(note.text) > MOST_TEXT:
            yield FieldViolation("text", "SIZE", f"1 to {MOST_TEXT} characters")
        if len(note.handlers) > MOST_HANDLERS:
            yield FieldViolation("handlers", "SIZE", f"more than {MOST_HANDLERS}")
        for number, name in enumerate(note.handlers):
            if fault := officer_fault(name):
                yield FieldViolation(f"handlers[{number}]", "A17", fault)
        if not note.person.identifiers and not (note.person.names and note.person.birth_date):
            yield FieldViolation("person", "R14", "give an identity number, or both name and birth date")
        faults = text_faults(note.person, "person.")
        yield from faults
        if not faults:
            yield from people.check(note.person, allow_synthetic=self._register.allow_synthetic)


_ENTRY = {
    working_pb2.WORKING_ACT_ADDED: EntryKind.WORKING_ADDED,
    working_pb2.WORKING_ACT_SHOWN: EntryKind.WORKING_SHOWN,
    working_pb2.WORKING_ACT_ASSIGNED: EntryKind.WORKING_ASSIGNED,
}


def _id(text: str) -> bytes:
    try:
        return read_hex(text, 16)
    except ValueError as error:
        raise InvalidRequest.of("working_id", "FORMAT", str(error)) from None


def _insist_reason(reason: str) -> None:
    missing = ("A17", "say why: the reason is kept with the access")
    violations = list(written_violations("reason", reason, missing=missing))
    if violations:
        raise InvalidRequest(violations)
