"""What a signed statement must state: where it goes, who acts, and when."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from federation.charter.model import Charter
from federation.errors import BadEnvelope
from federation.v1.envelope_pb2 import Statement
from federation.values.clock import parse_stamp
from federation.values.identity import Installation
from federation.values.officers import officer_fault, officer_id_fault

WINDOW: Final = timedelta(seconds=120)
EXPIRED: Final = "ENVELOPE_EXPIRED"
"""The reason of a statement that arrives later than `WINDOW` after it was signed."""
NONCE_BYTES: Final = 16
SIGNATURE_BYTES: Final = 64
MOST_APART: Final = 32
"""Versions between the charters of sender and server: more than agencies publish in the seconds between two looks."""
MOST_CERTIFICATE: Final = 2048
"""Bytes of a certificate: what is not looked at must not be large, for gateways pass statements on."""


def check_aim(statement: Statement, charter: Charter, *, method: str, destination: str) -> None:
    """Raise `BadEnvelope` unless the statement was signed for this federation, rpc and server."""
    for what, signed, expected, reason in (
        ("federation", statement.federation, charter.federation, "WRONG_FEDERATION"),
        ("method", statement.method, method, "WRONG_METHOD"),
        ("destination", statement.destination, destination, "WRONG_DESTINATION"),
    ):
        if signed != expected:
            raise BadEnvelope(f"signed for {what} {signed[:128]!r}, received for {expected!r}", reason=reason)


def check_author(statement: Statement, signer: Installation) -> None:
    """Raise `BadEnvelope` unless the statement names its signer, and an officer as a person is named."""
    if statement.installation != str(signer) or statement.member != signer.member:
        raise BadEnvelope(
            f"names {statement.installation[:128]!r} of {statement.member[:64]!r} but {signer} signed it: "
            "name the installation that signs",
            reason="WRONG_SIGNER",
        )
    if not statement.officer.strip():
        raise BadEnvelope(
            "names no officer: a natural person must answer for it, give the name", reason="OFFICER_MISSING"
        )
    if fault := officer_fault(statement.officer):
        raise BadEnvelope(f"the officer's name {fault}", reason="OFFICER_MALFORMED")
    if statement.officer_id and (fault := officer_id_fault(statement.officer_id)):
        raise BadEnvelope(f"the officer's id {fault}", reason="OFFICER_MALFORMED")
    if len(statement.officer_signature) not in (0, SIGNATURE_BYTES):
        raise BadEnvelope("the officer's signature is none of Ed25519", reason="OFFICER_MALFORMED")
    if statement.officer_certificate.ByteSize() > MOST_CERTIFICATE:
        raise BadEnvelope(
            f"the officer's certificate has more than {MOST_CERTIFICATE} bytes", reason="OFFICER_MALFORMED"
        )


def check_moment(statement: Statement, current: int, *, now: datetime, window: timedelta) -> None:
    """Raise `BadEnvelope` unless the statement is of now, of about the charter in force, and can be used only once.

    Sender and server each fetch a new charter when they next look, so either may be ahead of the other, by several
    versions when several agencies publish at once. Who may sign what is decided by the server's charter alone; the
    version only says what the sender had read (decision 155).
    """
    issued = _parse_issued(statement.issued_at)
    if issued < now - window:
        raise BadEnvelope(
            f"issued at {statement.issued_at}, over {window.total_seconds():.0f} s ago: sign it anew",
            reason=EXPIRED,
        )
    if issued > now + window:
        raise BadEnvelope(
            f"issued at {statement.issued_at}, in the future here: check the clock",
            reason="ENVELOPE_NOT_YET_VALID",
        )
    if len(statement.nonce) != NONCE_BYTES:
        raise BadEnvelope(
            f"a nonce of {len(statement.nonce)} bytes where {NONCE_BYTES} are expected: "
            "draw a new one for each statement",
            reason="BAD_NONCE",
        )
    if len(statement.retry_of) not in (0, hashlib.sha256().digest_size):
        raise BadEnvelope(
            "retry_of is no SHA-256: give the digest of the payload that was sent before, or nothing",
            reason="BAD_RETRY_OF",
        )
    if abs(statement.charter_version - current) > MOST_APART:
        raise BadEnvelope(
            f"made under charter {statement.charter_version}; {current} is in force here, and at most {MOST_APART} "
            f"versions before or after it are accepted: {_remedy(statement.charter_version, current)}",
            reason="WRONG_CHARTER_VERSION",
            current=str(current),
        )


def _remedy(version: int, current: int) -> str:
    if version < current:
        return "fetch the charter and sign anew"
    return "this server has not fetched the newer ones yet, send it again in a few seconds"


def _parse_issued(text: str) -> datetime:
    try:
        return parse_stamp(text)
    except ValueError as error:
        raise BadEnvelope(f"issued_at: {error}", reason="MALFORMED_STATEMENT") from None
