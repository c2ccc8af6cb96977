"""The signature of an officer's own key inside a statement, in addition to that of the installation (R12, R34)."""

from __future__ import annotations

from typing import Final

from securesystemslib import dsse
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Signature

from federation.errors import BadEnvelope
from federation.v1.envelope_pb2 import Statement
from federation.values.keys import verification_key

OFFICER: Final = "application/vnd.hutong.officer.v1+protobuf"


def signed_by_officer(statement: Statement) -> bytes:
    """Return what an officer signs of a statement: all of it but the officer's signature."""
    bare = Statement()
    bare.CopyFrom(statement)
    bare.ClearField("officer_signature")
    return dsse.Envelope(bare.SerializeToString(deterministic=True), OFFICER, {}).pae()


def insist_officer_signed(statement: Statement, public: bytes) -> None:
    """Raise `BadEnvelope` unless the officer has signed the statement with the key of these 32 raw bytes."""
    key = verification_key(public)
    try:
        key.verify_signature(
            Signature(key.keyid, statement.officer_signature.hex()), signed_by_officer(statement)
        )
    except (VerificationError, UnverifiedSignatureError) as error:
        raise BadEnvelope(
            f"{statement.officer} has not signed it with the key registered under {statement.officer_id}",
            reason="OFFICER_NOT_SIGNED",
        ) from error
