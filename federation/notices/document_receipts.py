"""Signed receipts for documents: who held which document when, and the log that accounts for it (R30, R62)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from federation.charter.dated import open_dated
from federation.charter.envelope import Signer, sign_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.enum_names import enum_name
from federation.values.identity import Role

DOCUMENT_RECEIPT = "application/vnd.hutong.document-receipt.v1+protobuf"


def sign_receipt(
    content: pb.DocumentContent,
    stage: pb.DocumentStage.ValueType,
    *,
    at: str,
    log_entry: bytes,
    charter: Charter,
    signer: Signer,
    now: datetime,
    log_commitment: bytes = b"",
) -> Envelope:
    """Return the receipt, signed; a node adds its commitment to the log that holds `log_entry`."""
    receipt = pb.DocumentReceipt(
        federation=charter.federation,
        installation=str(signer.installation),
        signed_at=stamp(now),
        charter_version=charter.version,
        content=content,
        stage=stage,
        at=at,
        log_entry=log_entry,
        log_commitment=log_commitment,
    )
    return sign_payload(DOCUMENT_RECEIPT, receipt.SerializeToString(deterministic=True), signer)


def read_receipt(envelope: Envelope, charter: Charter, *, role: Role, now: datetime) -> pb.DocumentReceipt:
    """Return the receipt in `envelope`, signed with a key valid at the receipt's time; raises `BadEnvelope`."""
    receipt, verified = open_dated(
        envelope,
        DOCUMENT_RECEIPT,
        pb.DocumentReceipt,
        charter,
        role=role,
        now=now,
        what="receipt of a document",
        malformed="MALFORMED_RECEIPTS",
    )
    if str(verified.installation) != receipt.installation:
        raise BadEnvelope("the receipt names another installation", reason="WRONG_SIGNER")
    return receipt


@dataclass(frozen=True, slots=True)
class DocumentCourse:
    """A document's course so far: verified receipts in the order of their times, and transfers under way."""

    content: pb.DocumentContent
    state: pb.DocumentState.ValueType
    notices: Sequence[bytes]
    steps: Sequence[pb.DocumentReceipt]
    carriages: Sequence[pb.Carriage]


def read_way(path: pb.DocumentPath, charter: Charter, *, now: datetime) -> DocumentCourse:
    """Return the course that a gateway shows of a document, every signature verified; raises `BadEnvelope`."""
    steps = []
    for envelope in path.receipts:
        gateways = {str(g.installation) for g in charter.gateways}
        signer = pb.DocumentReceipt.FromString(envelope.payload).installation
        role = Role.INTERCONNECTS if signer in gateways else Role.ANSWERS
        receipt = read_receipt(envelope, charter, role=role, now=now)
        if receipt.content.sha256 != path.content.sha256:
            raise BadEnvelope("a receipt is of another document", reason="WRONG_SIGNER")
        steps.append(receipt)
    steps.sort(key=lambda receipt: receipt.at)
    return DocumentCourse(path.content, path.state, list(path.notices), steps, list(path.carriages))


def state_name(state: int) -> str:
    """Return "announced", "held", "released", ..."""
    return enum_name(pb.DocumentState.DESCRIPTOR, state)
