"""Signed receipts for the stages of notices: a page for one sender under one signature (R30).

A final receipt of a judgment names the record's digest and version and commits to the node's log that accounts for it:
it refutes a node that later denies having the record. A receipt of a later notice names no record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from federation.charter.dated import open_dated
from federation.charter.envelope import Signer, sign_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope, FieldViolation
from federation.notices.document_receipts import DocumentCourse
from federation.v1 import notice_pb2 as pb
from federation.v1 import registry_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.enum_names import enum_name
from federation.values.identity import Role

NOTICE_RECEIPTS = "application/vnd.hutong.notice-receipts.v1+protobuf"
#: Stages after which a node takes no further step by itself.
FINAL = frozenset({pb.NOTICE_STAGE_REGISTERED, pb.NOTICE_STAGE_REFUSED, pb.NOTICE_STAGE_FORWARDED})
#: Stages in which an officer has to decide.
UNDECIDED = frozenset({pb.NOTICE_STAGE_UNMATCHED, pb.NOTICE_STAGE_CONFLICT, pb.NOTICE_STAGE_RECEIVED})


def sign_receipts(
    receipts: Sequence[pb.NoticeReceipt],
    *,
    charter: Charter,
    signer: Signer,
    now: datetime,
    log_commitment: bytes = b"",
) -> Envelope:
    """Return the page of `receipts`, signed; a node adds its commitment to the log that accounts for them."""
    page = pb.NoticeReceiptPage(
        federation=charter.federation,
        installation=str(signer.installation),
        signed_at=stamp(now),
        charter_version=charter.version,
        receipts=receipts,
        log_commitment=log_commitment,
    )
    return sign_payload(NOTICE_RECEIPTS, page.SerializeToString(deterministic=True), signer)


def read_receipts(envelope: Envelope, charter: Charter, *, role: Role, now: datetime) -> pb.NoticeReceiptPage:
    """Return the page in `envelope`, signed with a key valid at its stated time; raises `BadEnvelope`.

    `role` is that of a gateway (`interconnects`) or of a node (`answers`).
    """
    page, verified = open_dated(
        envelope,
        NOTICE_RECEIPTS,
        pb.NoticeReceiptPage,
        charter,
        role=role,
        now=now,
        what="page of receipts",
        malformed="MALFORMED_RECEIPTS",
    )
    if str(verified.installation) != page.installation:
        raise BadEnvelope("the receipts name another installation", reason="WRONG_SIGNER")
    return page


@dataclass(frozen=True, slots=True)
class Tracked:
    """A notice's course so far: verified receipts with their issuers, oldest first, and its deliveries."""

    notice: bytes
    kind: int
    stages: Sequence[tuple[str, pb.NoticeReceipt]]
    deliveries: Sequence[pb.Delivery]
    #: The courses of the documents that it names.
    documents: Sequence[DocumentCourse] = ()


def read_track(
    track: pb.NoticeTrack, charter: Charter, ways: Sequence[DocumentCourse] = (), *, now: datetime
) -> Tracked:
    """Return the course that a gateway shows of a notice, every signature verified; raises `BadEnvelope`.

    `ways` are the courses of documents, including those that the notice names.
    """
    stages = []
    for number, envelope in enumerate(track.receipts):
        role = Role.INTERCONNECTS if number == 0 else Role.ANSWERS
        page = read_receipts(envelope, charter, role=role, now=now)
        stages += [(page.installation, r) for r in page.receipts if r.notice == track.notice][:1]
    named = [way for way in ways if track.notice in way.notices]
    return Tracked(track.notice, track.kind, stages, list(track.deliveries), named)


def stage_name(stage: int) -> str:
    """Return "accepted", "registered", ..."""
    return enum_name(pb.NoticeStage.DESCRIPTOR, stage)


def violations_of(violations: Sequence[FieldViolation]) -> list[registry_pb2.Violation]:
    """Return violations as messages of the contract."""
    return [registry_pb2.Violation(field=v.field, rule=v.rule, message=v.message) for v in violations[:50]]
