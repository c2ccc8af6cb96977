"""The roll of a node's officers: registration and removal, and the check that an officer is on it (R12, R34).

While nobody is registered, officers of the own member are named as in members without a node. From the first
registration on, only registered officers act here, under their id and the name as it is registered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from federation.charter.envelope import OpenedStatement
from federation.charter.officer_signature import insist_officer_signed
from federation.errors import (
    AlreadyExists,
    FieldViolation,
    InvalidRequest,
    NotFound,
    OutOfOrder,
    PermissionDenied,
    Unavailable,
)
from federation.evidence.entry import EntryKind
from federation.statements.reasons import NOT_REGISTERED, STORE_TAMPERED
from federation.v1 import officer_pb2 as pb
from federation.values.clock import stamp
from federation.values.identity import Kind, MemberId
from federation.values.keys import keyid_of, verification_key
from federation.values.officers import officer_fault, officer_id_fault, same_officer
from federation.values.written import written_violations
from node.officers.store import OfficerStore
from node.store.safeguard import REMEDY
from server.journal.journal import Journal
from server.journal.work import View, Work
from server.opening import Act, KnownOfficer


class Roll:
    """The officers of one node."""

    def __init__(
        self,
        *,
        journal: Journal,
        store: OfficerStore,
        own: MemberId,
        now: Callable[[], datetime],
        differs: Callable[[], bool],
    ) -> None:
        """`differs` says whether the stored roll was changed from outside: then nobody is known to be on it."""
        self._differs = differs
        self._journal = journal
        self._store = store
        self._own = own
        self._now = now
        #: Whether anybody was ever registered; not known before the first look. Only this process writes the roll.
        self._begun: bool | None = None
        self._lock = threading.Lock()

    def insist(self, opened: OpenedStatement, *, at: str = "") -> KnownOfficer:
        """Raise `PermissionDenied` or `BadEnvelope` unless the officer of a statement may act here.

        `at` is when a gateway accepted it, if that was earlier: the roll of that moment counts. Officers of other
        members, and those whom servers name, are registered elsewhere, or nowhere.
        """
        if opened.installation.member != self._own or opened.installation.kind is not Kind.CLIENT:
            return KnownOfficer()
        if self._differs():
            raise Unavailable(
                f"the roll of officers was changed from outside: {REMEDY}", reason=STORE_TAMPERED
            )
        if not self._has_begun():
            return KnownOfficer()
        with self._journal.reading() as view:
            officer = self._store.find(view, opened.statement.officer_id)
            if at and all(at < each.registered_at for each in self._store.all(view)):
                return KnownOfficer()
        if opened.certified and (officer is None or officer.name != opened.officer):
            # The officer is on the roll of another node of this agency, which certifies it.
            return KnownOfficer(registered=True)
        if officer is None or _gone(officer, at) or officer.name != opened.officer:
            raise PermissionDenied(
                f"{opened.officer} is not registered here under the id "
                f"{opened.statement.officer_id or 'that the statement must name'}: give the officer as registered, "
                "and describe him or her in the window's folder of officers",
                reason=NOT_REGISTERED,
            )
        if officer.key:
            insist_officer_signed(opened.statement, officer.key)
        return KnownOfficer(registered=True, own_key=bool(officer.key))

    def _has_begun(self) -> bool:
        """Say whether anybody was ever registered; looked up once, for every question asks."""
        with self._lock:
            if self._begun is None:
                with self._journal.reading() as view:
                    self._begun = self._store.any(view)
            return self._begun

    def insist_named(self, view: View, name: str) -> None:
        """Raise `PermissionDenied` unless a registered officer is named so; while nobody is, any name will do."""
        if not self._store.any(view):
            return
        officer = self._store.named(view, name)
        if officer is None or officer.name != name:
            raise PermissionDenied(
                f"{name} is not registered here: give the officer as registered", reason=NOT_REGISTERED
            )

    def register(self, registration: pb.OfficerRegistration, act: Act) -> pb.Officer:
        """Register an officer; raises `InvalidRequest` or `AlreadyExists`."""
        violations = list(_faults(registration))
        if violations:
            raise InvalidRequest(violations)
        at = stamp(self._now())
        officer = pb.Officer(
            id=registration.id,
            name=registration.name,
            key=registration.key,
            registered_at=at,
            registered_by=act.officer,
        )

        def command(work: Work) -> None:
            act.insist_first(work)
            if not self._store.any(work.view) and not same_officer(registration.name, act.officer):
                raise InvalidRequest.of(
                    "name", "R12", f"the first officer to be registered is who registers: {act.officer}"
                )
            other = self._store.find(work.view, registration.id) or self._store.named(
                work.view, registration.name
            )
            if other is not None:
                raise AlreadyExists(
                    f"{other.name} was registered under the id {other.id}: an id is given once, and two spellings of "
                    "a name are one officer; where two people bear one name, add what tells them apart",
                    reason="OFFICER_EXISTS",
                )
            if registration.key and any(each.key == officer.key for each in self._store.all(work.view)):
                raise AlreadyExists(
                    "this key is another officer's here: two officers sign with two keys",
                    reason="OFFICER_KEY_USED",
                )
            self._store.add(work, officer)
            key = keyid_of(registration.key) if registration.key else ""
            act.log(
                work,
                EntryKind.OFFICER_REGISTERED,
                at=at,
                id=registration.id,
                name=registration.name,
                key=key,
                reason=registration.reason,
            )

        self._journal.run(command, onces=[act.once])
        with self._lock:
            self._begun = True
        return officer

    def remove(self, removal: pb.OfficerRemoval, act: Act) -> pb.Officer:
        """Remove an officer; raises `InvalidRequest`, `NotFound`, or `OutOfOrder` for the last one."""
        violations = list(written_violations("reason", removal.reason, missing=("R2", "say why")))
        if violations:
            raise InvalidRequest(violations)
        at = stamp(self._now())

        def command(work: Work) -> pb.Officer:
            act.insist_first(work)
            officer = self._store.find(work.view, removal.id)
            if officer is None or officer.removed_at:
                raise NotFound(f"no officer is registered under {removal.id[:32]!r}")
            if self._store.remaining(work.view) == 1:
                raise OutOfOrder(
                    f"{officer.name} is the last officer: register the next one first", reason="LAST_OFFICER"
                )
            officer.removed_at, officer.removed_by = at, act.officer
            self._store.change(work, officer)
            act.log(
                work,
                EntryKind.OFFICER_REMOVED,
                at=at,
                id=removal.id,
                name=officer.name,
                reason=removal.reason,
            )
            return officer

        return self._journal.run(command, onces=[act.once]).value

    def list(self, asked: pb.OfficerList, act: Act) -> list[pb.Officer]:
        """Return all officers ever registered, and log that they were shown."""
        violations = list(written_violations("reason", asked.reason, missing=("R2", "say why")))
        if violations:
            raise InvalidRequest(violations)

        def command(work: Work) -> list[pb.Officer]:
            act.insist_first(work)
            act.log(work, EntryKind.OFFICERS_SHOWN, at=stamp(self._now()), reason=asked.reason)
            return self._store.all(work.view)

        return self._journal.run(command, onces=[act.once]).value


def _gone(officer: pb.Officer, at: str) -> bool:
    """Say whether an officer was removed, or was so at the moment `at`."""
    return bool(officer.removed_at) and not (at and at < officer.removed_at)


def _faults(registration: pb.OfficerRegistration) -> Iterator[FieldViolation]:
    if fault := officer_id_fault(registration.id):
        yield FieldViolation("id", "R12", fault)
    if fault := officer_fault(registration.name):
        yield FieldViolation("name", "R12", fault)
    if registration.key:
        try:
            verification_key(registration.key)
        except ValueError:
            yield FieldViolation("key", "R12", "is no Ed25519 key of 32 raw bytes")
    yield from written_violations("reason", registration.reason, missing=("R2", "say why"))
