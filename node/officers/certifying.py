"""Certificates of the node that an officer is on its roll, for gateways and other members' nodes (R12, R34)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from federation.charter.certified_officer import CERTIFICATE
from federation.charter.envelope import Signer, sign_payload
from federation.charter.model import Certification
from federation.errors import OutOfOrder, PermissionDenied
from federation.evidence.entry import EntryKind
from federation.statements.reasons import NOT_REGISTERED
from federation.v1 import officer_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from node.officers.store import OfficerStore
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act


class OfficerCertifier:
    """Signs certificates with the node's key; each is logged before it leaves."""

    def __init__(
        self,
        *,
        journal: Journal,
        store: OfficerStore,
        signer: Signer,
        now: Callable[[], datetime],
        insist_sound: Callable[[], None],
    ) -> None:
        """`insist_sound` raises while the roll may be an older one, with officers who were removed since."""
        self._journal = journal
        self._store = store
        self._signer = signer
        self._now = now
        self._insist_sound = insist_sound

    def certify(self, asked: pb.OfficerCertification, act: Act) -> Envelope:
        """Return the certificate of the acting officer; raises `OutOfOrder` while nobody is registered here.

        Raises `PermissionDenied` when the id is another officer's: the roll has checked the officer, not the body, and
        `Unavailable` while the node's log went back or its register was changed from outside.
        """
        self._insist_sound()
        now = self._now()

        def command(work: Work) -> Envelope:
            act.insist_first(work)
            if not act.known.registered:
                raise OutOfOrder("nobody is registered here: register the officers first", reason="NO_ROLL")
            officer = self._store.find(work.view, asked.id)
            if officer is None or officer.removed_at or officer.name != act.officer:
                raise PermissionDenied(
                    f"{act.officer} is not registered here under this id: give name and id as they were registered",
                    reason=NOT_REGISTERED,
                )
            member = self._signer.installation.member
            life = work.charter.officers_certified.get(member, Certification(now)).life
            certificate = pb.OfficerCertificate(
                federation=work.charter.federation,
                member=member,
                officer_id=officer.id,
                officer=officer.name,
                key=officer.key,
                issued_at=stamp(now),
                expires_at=stamp(now + life),
            )
            act.log(
                work,
                EntryKind.OFFICER_CERTIFIED,
                at=certificate.issued_at,
                id=officer.id,
                until=certificate.expires_at,
            )
            return sign_payload(CERTIFICATE, certificate.SerializeToString(deterministic=True), self._signer)

        return self._journal.run(command, onces=[act.once]).value
