"""Open gateways' consignments: verify each notice as of its acceptance, and prepare it outside the transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from google.protobuf.message import DecodeError

from federation.charter.envelope import GATEWAY, OpenedStatement, open_statement
from federation.charter.model import Charter
from federation.errors import BadEnvelope, InvalidRequest, PermissionDenied
from federation.notices.check import admit_notice, digest_of, parse_notice
from federation.notices.due import due_of
from federation.notices.receipts import read_receipts
from federation.notices.requests import signing_role
from federation.statements.methods import SUBMIT_NOTICES
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2
from federation.values.clock import legal_day, parse_stamp
from federation.values.identity import Installation, Role
from node.register.entering import NewRecord, Registrar
from server.opening import Act


@dataclass(frozen=True, slots=True)
class Arrived:
    """One notice, verified and made ready outside the transaction."""

    digest: bytes
    content: bytes
    act: Act
    late_days: int
    due_on: str
    notice: pb.Notice | InvalidRequest
    entry: NewRecord | None = None


class ConsignmentOpener:
    """Opens consignments of gateways."""

    def __init__(
        self,
        *,
        here: Installation,
        entering: Registrar,
        facet: Callable[[record_pb2.Record, Charter], record_pb2.Record],
        allow_synthetic: bool,
        insist_officer: Callable[[OpenedStatement, str], object],
    ) -> None:
        """`insist_officer` raises for an officer of the own member who was not on the roll at the moment given."""
        self._insist_officer = insist_officer
        self._here = here
        self._entering = entering
        self._facet = facet
        self._allow_synthetic = allow_synthetic

    def arrive(self, consignment: pb.Consignment, charter: Charter, now: datetime) -> list[Arrived]:
        """Verify the sender's own signature as of the moment at which the gateway's signed receipt accepted it."""
        acceptance = read_receipts(consignment.acceptance, charter, role=Role.INTERCONNECTS, now=now)
        accepted_at = parse_stamp(acceptance.signed_at)
        opened = open_statement(
            consignment.envelope,
            charter,
            method=SUBMIT_NOTICES,
            destination=GATEWAY,
            role=signing_role(consignment.envelope, charter, consignment.notices),
            now=accepted_at,
            as_of_version=acceptance.charter_version,
        )
        signed = _signed_digests(opened)
        accepted = {r.notice: r for r in acceptance.receipts if r.stage == pb.NOTICE_STAGE_ACCEPTED}
        act, stranger = Act.by(opened), self._stranger(opened, acceptance.signed_at)
        arrived = []
        for content in consignment.notices:
            digest = digest_of(content)
            if digest not in signed or digest not in accepted:
                raise BadEnvelope(
                    "a notice is not among those signed for and accepted", reason="NOTICE_NOT_SIGNED"
                )
            self._insist_addressed(accepted[digest], charter, acceptance.charter_version)
            made = self._prepare(digest, content, act, charter, accepted_at, now)
            arrived.append(replace(made, notice=stranger, entry=None) if stranger else made)
        return arrived

    def _stranger(self, opened: OpenedStatement, accepted_at: str) -> InvalidRequest | None:
        """Return why nothing counts that an officer of the own member has signed: each notice is refused for it."""
        try:
            self._insist_officer(opened, accepted_at)
        except (PermissionDenied, BadEnvelope) as error:
            return InvalidRequest.of("officer", "R12", error.message)
        return None

    def _insist_addressed(self, accepted: pb.NoticeReceipt, charter: Charter, accepted_under: int) -> None:
        """Raise `BadEnvelope` for a notice that its acceptance addresses to other agencies alone.

        The node that takes an agency's notices may have changed since (A15), and a node named in an earlier
        charter may have been one of this agency's.
        """
        agencies = {str(node.name): charter.members[node.agency].organ_class for node in charter.nodes}
        mine = charter.members[self._here.member].organ_class
        names = [a.node for a in accepted.addressees]
        unknown = mine if accepted_under < charter.version else None
        if not any(agencies.get(name, unknown) == mine for name in names):
            raise BadEnvelope(
                f"notice {accepted.notice.hex()} is for {', '.join(names)}, not for {self._here}",
                reason="NOT_ADDRESSED",
            )

    def _prepare(
        self,
        digest: bytes,
        content: bytes,
        act: Act,
        charter: Charter,
        accepted_at: datetime,
        now: datetime,
    ) -> Arrived:
        sender = charter.members[act.installation.member]
        entry, due_on, late_days = None, "", 0
        notice: pb.Notice | InvalidRequest
        try:
            notice = admit_notice(
                parse_notice(content),
                sender,
                today=legal_day(accepted_at),
                allow_synthetic=self._allow_synthetic,
                whole=False,
            )
        except InvalidRequest as error:
            notice = error
        else:
            # Computed here and not taken from the acceptance, in which a gateway may lie.
            due, late_days = due_of(notice, legal_day(accepted_at))
            due_on = due.isoformat()
            if notice.kind == pb.NOTICE_KIND_JUDGMENT:
                made = self._entering.prepare(
                    self._facet(notice.record, charter),
                    act,
                    now,
                    final_instance=notice.finality == pb.FINALITY_BASIS_FINAL_INSTANCE,
                )
                if isinstance(made, InvalidRequest):
                    notice = made
                else:
                    entry = made
        return Arrived(digest, content, act, late_days, due_on, notice, entry)


def _signed_digests(opened: OpenedStatement) -> frozenset[bytes]:
    try:
        return frozenset(pb.NoticePage.FromString(opened.statement.body).notices)
    except DecodeError:
        raise InvalidRequest.of("body", "FORMAT", "is not a NoticePage") from None
