"""DSSE envelopes: signed statements with a sender and a destination, usable once, checkable with the charter alone."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta

from google.protobuf.message import DecodeError
from securesystemslib import dsse
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Signature as DsseSignature

from federation.charter.certified_officer import CERTIFICATE, insist_names, needs_certificate, not_certified
from federation.charter.model import Charter, InstallationEntry, InstallationState, Key
from federation.charter.officer_signature import signed_by_officer
from federation.charter.statement_checks import (
    EXPIRED,
    NONCE_BYTES,
    WINDOW,
    check_aim,
    check_author,
    check_moment,
)
from federation.errors import BadEnvelope, PermissionDenied, Unauthenticated
from federation.v1.envelope_pb2 import Envelope, Signature, Statement
from federation.values.clock import parse_stamp, stamp
from federation.values.contract import has_unknown_fields
from federation.values.identity import Installation, KeyId, Role
from federation.values.keys import Signer, keyid_of, verification_key

__all__ = [
    "ANSWER",
    "CHECKPOINT",
    "EXPIRED",
    "GATEWAY",
    "PAGE",
    "STATEMENT",
    "WINDOW",
    "OpenedStatement",
    "Signer",
    "Verified",
    "insist_certified",
    "keyid_of",
    "make_statement",
    "open_statement",
    "require_same_member",
    "sign_payload",
    "verify_payload",
]

STATEMENT = "application/vnd.hutong.statement.v1+protobuf"
ANSWER = "application/vnd.hutong.answer.v1+protobuf"
PAGE = "application/vnd.hutong.page.v1+protobuf"
CHECKPOINT = "application/vnd.hutong.checkpoint.v1+protobuf"

GATEWAY = "gateway"
"""The destination of questions: whichever replica of the charter takes them."""

MAX_PAYLOAD_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Verified:
    """A payload whose signature, signer, role and time are valid; `digest` is its SHA-256."""

    payload: bytes
    installation: Installation
    keyid: KeyId
    digest: bytes


@dataclass(frozen=True)
class OpenedStatement:
    """A statement that is valid in every respect; only replay is not checked yet."""

    statement: Statement
    digest: bytes
    keyid: KeyId
    installation: Installation
    officer: str
    #: Whether a node of the installation's member certifies the officer, as the charter asks.
    certified: bool = False


def sign_payload(payload_type: str, payload: bytes, signer: Signer) -> Envelope:
    """Return `payload` in an envelope signed by `signer`."""
    key = signer.held
    signature = key.crypto.sign(dsse.Envelope(payload, payload_type, {}).pae())
    return Envelope(
        payload_type=payload_type,
        payload=payload,
        signatures=[Signature(keyid=key.keyid, sig=bytes.fromhex(signature.signature))],
    )


def verify_payload(
    envelope: Envelope, payload_type: str, charter: Charter, *, role: Role, now: datetime
) -> Verified:
    """Return the payload of `envelope`, signed by an installation that may sign it, or raise.

    The charter must list the signer's key with `role`, valid at `now`, and its installation neither suspended
    nor removed. Raises `BadEnvelope`; for a wrong role or a barred installation, `PermissionDenied`.
    """
    return _verify(envelope, payload_type, charter, role=role, now=now)[0]


def make_statement(
    *,
    signer: Signer,
    federation: str,
    method: str,
    destination: str,
    officer: str,
    body: bytes,
    charter_version: int,
    now: datetime,
    retry_of: bytes = b"",
    officer_id: str = "",
    officer_signer: Signer | None = None,
    officer_certificate: Envelope | None = None,
) -> Envelope:
    """Return a signed statement with a fresh nonce; `retry_of` is the digest of the statement it repeats.

    An officer who is registered gives the id, and signs too if a key of their own is registered; the certificate is
    for servers that do not know the roll.
    """
    statement = Statement(
        federation=federation,
        method=method,
        destination=destination,
        member=signer.installation.member,
        installation=str(signer.installation),
        officer=officer,
        issued_at=stamp(now),
        nonce=os.urandom(NONCE_BYTES),
        charter_version=charter_version,
        retry_of=retry_of,
        body=body,
        officer_id=officer_id,
        officer_certificate=officer_certificate,
    )
    if officer_signer is not None:
        signature = officer_signer.crypto.sign(signed_by_officer(statement))
        statement.officer_signature = bytes.fromhex(signature.signature)
    return sign_payload(STATEMENT, statement.SerializeToString(deterministic=True), signer)


def open_statement(
    envelope: Envelope,
    charter: Charter,
    *,
    method: str,
    destination: str,
    role: Role,
    now: datetime,
    window: timedelta = WINDOW,
    as_of_version: int | None = None,
) -> OpenedStatement:
    """Return the statement inside `envelope`, or raise `BadEnvelope` or `PermissionDenied` naming what fails.

    A statement that a gateway accepted earlier is opened as of that moment: give its time and charter version as
    `now` and `as_of_version`.
    Replay is not checked here: a nonce has to be remembered, and this function remembers nothing.
    """
    verified, entry = _verify(envelope, STATEMENT, charter, role=role, now=now)
    if entry.state is not InstallationState.ACTIVE:
        raise PermissionDenied(
            f"{entry.installation} is in state {entry.state}: only an active installation may make requests; its "
            "authority sets the state in the charter",
            reason="INSTALLATION_NOT_ACTIVE",
        )
    try:
        statement = Statement.FromString(verified.payload)
    except DecodeError as error:
        raise BadEnvelope(
            "the payload is no Statement: sign one of this contract", reason="MALFORMED_STATEMENT"
        ) from error
    if has_unknown_fields(statement):
        raise BadEnvelope(
            "the statement has fields this contract does not know: leave them out",
            reason="MALFORMED_STATEMENT",
        )
    check_aim(statement, charter, method=method, destination=destination)
    check_author(statement, verified.installation)
    current = charter.version if as_of_version is None else as_of_version
    check_moment(statement, current, now=now, window=window)
    if not statement.body:
        raise BadEnvelope(
            "the statement has no body: put the message of the rpc into it", reason="BODY_MISSING"
        )
    certified = insist_certified(statement, verified.installation, charter)
    return OpenedStatement(
        statement, verified.digest, verified.keyid, verified.installation, statement.officer, certified
    )


def insist_certified(statement: Statement, signer: Installation, charter: Charter) -> bool:
    """Raise unless a node of the signer's member certifies the officer, where the charter asks for it (R12, R34).

    Return whether it asks. Raises `PermissionDenied` (OFFICER_NOT_CERTIFIED) or `BadEnvelope`.
    """
    if not needs_certificate(statement, signer, charter):
        return False
    if not statement.HasField("officer_certificate"):
        raise not_certified("the statement has no certificate")
    at = parse_stamp(statement.issued_at)
    verified, _ = _verify(statement.officer_certificate, CERTIFICATE, charter, role=Role.ANSWERS, now=at)
    insist_names(statement, verified.payload, verified.installation, charter)
    return True


def require_same_member(opened: OpenedStatement, peer: Installation) -> None:
    """Raise `Unauthenticated` unless the connection and the statement inside it are of the same member."""
    if opened.installation.member != peer.member:
        raise Unauthenticated(
            f"{peer} delivered a statement signed by {opened.installation}: a member sends its own",
            reason="PEER_IS_NOT_SIGNER",
        )


def _verify(
    envelope: Envelope, payload_type: str, charter: Charter, *, role: Role, now: datetime
) -> tuple[Verified, InstallationEntry]:
    payload, signature = _shape(envelope, payload_type)
    found = charter.key(signature.keyid)
    if found is None:
        raise BadEnvelope(
            f"charter {charter.version} lists no key {signature.keyid[:64]!r}: "
            "sign with the installation's key in the charter",
            reason="UNKNOWN_SIGNER",
        )
    entry, key = found
    wrapped = DsseSignature(key.keyid, signature.sig.hex())
    try:
        dsse.Envelope(payload, payload_type, {key.keyid: wrapped}).verify([verification_key(key.public)], 1)
    except (VerificationError, UnverifiedSignatureError) as error:
        raise BadEnvelope(
            f"the signature does not hold for the key of {entry.installation}: "
            "the payload was altered or another key signed it",
            reason="BAD_SIGNATURE",
        ) from error
    _check_in_force(entry, key, role=role, now=now)
    return Verified(payload, entry.installation, key.keyid, hashlib.sha256(payload).digest()), entry


def _shape(envelope: Envelope, payload_type: str) -> tuple[bytes, Signature]:
    if not envelope.payload and not envelope.signatures:
        raise BadEnvelope(
            "the request carries no envelope: wrap it in a signed Statement (DSSE)", reason="MISSING_ENVELOPE"
        )
    if envelope.payload_type != payload_type:
        raise BadEnvelope(
            f"payload type {envelope.payload_type[:80]!r} where {payload_type} is expected",
            reason="WRONG_PAYLOAD_TYPE",
        )
    if len(envelope.payload) > MAX_PAYLOAD_BYTES:
        raise BadEnvelope(
            f"{len(envelope.payload)} bytes of payload, at most {MAX_PAYLOAD_BYTES}: send smaller pages",
            reason="ENVELOPE_TOO_LARGE",
        )
    if len(envelope.signatures) != 1:
        raise BadEnvelope(
            f"{len(envelope.signatures)} signatures where exactly one is expected", reason="ONE_SIGNATURE"
        )
    return envelope.payload, envelope.signatures[0]


def _check_in_force(entry: InstallationEntry, key: Key, *, role: Role, now: datetime) -> None:
    if not key.not_before <= now < key.not_after:
        raise BadEnvelope(
            f"the key of {entry.installation} holds from {stamp(key.not_before)} to {stamp(key.not_after)}: "
            "sign with a key that the charter lists as valid now",
            reason="KEY_NOT_VALID",
        )
    if entry.state in (InstallationState.SUSPENDED, InstallationState.REMOVED):
        raise PermissionDenied(
            f"{entry.installation} is {entry.state} in the charter: use another installation, or ask its authority why",
            reason="INSTALLATION_NOT_ACTIVE",
        )
    if role not in key.roles:
        held = ", ".join(sorted(key.roles)) or "nothing"
        raise PermissionDenied(
            f"the key of {entry.installation} is for {held}, not for {role}: call through an installation whose key "
            "has that role in the charter (hutong charter show), or have its authority add it",
            reason="WRONG_ROLE",
        )
