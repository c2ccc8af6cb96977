"""Signed messages that state their own moment, such as receipts and recalls: checked as of then, however old."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, Self, TypeVar

from google.protobuf.message import DecodeError

from federation.charter.envelope import Verified, verify_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import parse_stamp
from federation.values.identity import Role


class Dated(Protocol):
    """A message of the contract that says when it was signed, and for which federation."""

    signed_at: str
    federation: str

    @classmethod
    def FromString(cls, payload: bytes, /) -> Self:  # protobuf's name
        """Return the message in `payload`; raises `DecodeError`."""


M = TypeVar("M", bound=Dated)


def open_dated(
    envelope: Envelope,
    payload_type: str,
    kind: type[M],
    charter: Charter,
    *,
    role: Role,
    now: datetime,
    what: str,
    malformed: str,
) -> tuple[M, Verified]:
    """Return the message in `envelope`, and who signed it with a key valid at the message's own time.

    A message of the future is checked as of `now`. The caller compares the signer with whom the message names. Raises
    `BadEnvelope`, saying that it is no `what` with the reason `malformed` if it cannot be read, and `PermissionDenied`
    for a wrong role or a barred installation.
    """
    try:
        message = kind.FromString(envelope.payload)
        signed_at = parse_stamp(message.signed_at)
    except (DecodeError, ValueError):
        raise BadEnvelope(f"the payload is no {what}", reason=malformed) from None
    verified = verify_payload(envelope, payload_type, charter, role=role, now=min(signed_at, now))
    if message.federation != charter.federation:
        raise BadEnvelope(f"the {what} belongs to another federation", reason="WRONG_SIGNER")
    return message, verified
