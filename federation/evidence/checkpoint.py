"""Signed states of a log, by which an installation commits itself to its history."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.message import DecodeError

from federation.charter.envelope import CHECKPOINT, Signer, sign_payload, verify_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope, Corrupt
from federation.evidence.merkle import HASH_BYTES
from federation.v1.envelope_pb2 import Envelope
from federation.v1.evidence_pb2 import Checkpoint
from federation.values import clock
from federation.values.heads import MOST_ENTRIES
from federation.values.identity import Installation, Kind, Role


def sign_checkpoint(
    *, signer: Signer, federation: str, size: int, root: bytes, signed_at: datetime, charter_version: int
) -> Envelope:
    """Return the signed statement that the signer's log has `size` entries under `root`."""
    checkpoint = Checkpoint(
        federation=federation,
        installation=str(signer.installation),
        size=size,
        root=root,
        signed_at=clock.stamp(signed_at),
        charter_version=charter_version,
    )
    return sign_payload(CHECKPOINT, checkpoint.SerializeToString(deterministic=True), signer)


def read_checkpoint(envelope: Envelope) -> Checkpoint:
    """Return the content of a checkpoint, *unverified*; raises `Corrupt` when it cannot be read."""
    try:
        checkpoint = Checkpoint.FromString(envelope.payload)
        clock.parse_stamp(checkpoint.signed_at)
        Installation.parse(checkpoint.installation)
    except (DecodeError, ValueError):
        raise Corrupt("the checkpoint cannot be read") from None
    if len(checkpoint.root) != HASH_BYTES:
        raise Corrupt("the checkpoint's root does not have 32 bytes")
    if checkpoint.size > MOST_ENTRIES:
        raise Corrupt("no log has as many entries as the checkpoint says")
    return checkpoint


def verify_checkpoint(envelope: Envelope, charter: Charter, *, now: datetime) -> Checkpoint:
    """Return the checkpoint if the installation that it names signed it with a key valid at `now`.

    A node signs with its key to answer, a gateway with its key to interconnect.
    Raises `Corrupt`, `BadEnvelope` or `PermissionDenied`.
    """
    checkpoint = read_checkpoint(envelope)
    installation = Installation.parse(checkpoint.installation)
    role = Role.INTERCONNECTS if installation.kind is Kind.GATEWAY else Role.ANSWERS
    verified = verify_payload(envelope, CHECKPOINT, charter, role=role, now=now)
    if verified.installation != installation:
        raise BadEnvelope(f"a checkpoint of {installation} is signed by {verified.installation}")
    if checkpoint.federation != charter.federation:
        raise BadEnvelope("the checkpoint belongs to another federation")
    return checkpoint
