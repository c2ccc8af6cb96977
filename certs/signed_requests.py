"""The form of a request file: a JSON payload in a DSSE envelope, signed by every key that the payload shows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib import dsse
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Signature as DsseSignature

from certs.signing import charter_signer
from federation.errors import Corrupt, InvalidRequest
from federation.evidence.view import envelope_json, read_envelope, read_json
from federation.v1.envelope_pb2 import Envelope, Signature
from federation.values.keys import keyid_of, verification_key

FORMAT = 1
FIELD = "request"
_ENDPOINT = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}")
#: What reading a foreign certificate or certificate request may raise.
UNREADABLE = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def signed_request(
    payload_type: str, payload: Mapping[str, Any], keys: Sequence[Ed25519PrivateKey]
) -> dict[str, Any]:
    """Return `payload` as a request file's JSON, signed by `keys`."""
    content = json.dumps({"format": FORMAT, **payload}, ensure_ascii=False, sort_keys=True).encode()
    pae = dsse.Envelope(content, payload_type, {}).pae()
    signed = [charter_signer(key).sign(pae) for key in keys]
    signatures = [Signature(keyid=each.keyid, sig=bytes.fromhex(each.signature)) for each in signed]
    return envelope_json(Envelope(payload_type=payload_type, payload=content, signatures=signatures))


def opened_request(payload_type: str, document: object) -> tuple[dict[str, Any], Envelope]:
    """Return the payload of a request file of that type and its envelope, whose signatures are not checked yet.

    Raises `InvalidRequest` for a file of another kind or form.
    """
    try:
        envelope = read_envelope(document)
        payload = read_json(envelope.payload)
    except Corrupt as error:
        raise refused("FORMAT", f"is no request file: {error.message}") from None
    if envelope.payload_type != payload_type:
        raise refused("KIND", f"is of the kind {envelope.payload_type}, and {payload_type} is expected")
    if not isinstance(payload, dict) or payload.get("format") != FORMAT:
        raise refused("FORMAT", f"must have format {FORMAT}: have it written anew by this version")
    return payload, envelope


def insist_signed(envelope: Envelope, publics: Sequence[bytes]) -> None:
    """Raise `InvalidRequest` unless exactly the keys `publics` (32 raw bytes each) have signed: each is possessed."""
    pae = dsse.Envelope(envelope.payload, envelope.payload_type, {}).pae()
    if sorted(each.keyid for each in envelope.signatures) != sorted(map(keyid_of, publics)):
        raise refused("POSSESSION", "is not signed by the keys that it shows: have its owner write it anew")
    by_id: dict[str, bytes] = {keyid_of(public): public for public in publics}
    for each in envelope.signatures:
        try:
            key = verification_key(by_id[each.keyid])
            key.verify_signature(DsseSignature(each.keyid, each.sig.hex()), pae)
        except (UnverifiedSignatureError, VerificationError, ValueError):
            raise refused(
                "POSSESSION",
                f"was changed, or key {each.keyid} did not sign it: have its owner write it anew",
            ) from None


def insist_reachable(endpoint: str) -> str:
    """Return `endpoint` if it is "host:port" of a server; raises `ValueError`.

    Others' programs connect to it: a path of a socket or another scheme of gRPC is none.
    """
    if not _ENDPOINT.fullmatch(endpoint) or not 1 <= int(endpoint.rpartition(":")[2]) <= 65535:
        raise ValueError(f'{endpoint!r} is no address that others reach: write "host:port"')
    return endpoint


def text_of(payload: Mapping[str, Any], name: str) -> str:
    """Return a text of the payload; raises `InvalidRequest` when it is none."""
    value = payload.get(name, "")
    if not isinstance(value, str):
        raise refused("FORMAT", f"{name} must be a text")
    return value


def public_key_in(payload: Mapping[str, Any], name: str) -> bytes:
    """Return the 32 raw bytes of a public key in the payload; raises `InvalidRequest`."""
    try:
        public = bytes.fromhex(text_of(payload, name))
        verification_key(public)
    except ValueError:
        raise refused("FORMAT", f"{name} is no Ed25519 key of 32 bytes in hex") from None
    return public


def refused(rule: str, says: str) -> InvalidRequest:
    """Return the error of a request file that cannot be used."""
    return InvalidRequest.of(FIELD, rule, says)
