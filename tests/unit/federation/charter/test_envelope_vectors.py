"""The golden envelopes that nodes in other languages check themselves against."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from google.protobuf import json_format

from federation.charter.envelope import STATEMENT, sign_payload
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values.clock import parse_stamp
from federation.values.identity import Installation
from federation.values.keys import Signer, keyid_of

PATH = Path(__file__).parents[4] / "proto" / "vectors" / "envelope.json"
VECTORS: list[dict[str, Any]] = json.loads(PATH.read_text())["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_an_envelope_is_made_byte_for_byte(vector: dict[str, Any]) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_key"]))
    signer = Signer(Installation.parse(vector["installation"]), key)
    statement = json_format.ParseDict(vector["statement"], Statement())
    payload = statement.SerializeToString(deterministic=True)
    assert payload.hex() == vector["payload"]
    assert hashlib.sha256(payload).hexdigest() == vector["digest"]
    assert signer.keyid == vector["keyid"]
    assert (
        sign_payload(STATEMENT, payload, signer).SerializeToString(deterministic=True).hex()
        == vector["envelope"]
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_an_envelope_is_checked_with_the_specification_alone(vector: dict[str, Any]) -> None:
    envelope = Envelope.FromString(bytes.fromhex(vector["envelope"]))
    kind = envelope.payload_type.encode()
    encoded = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(envelope.payload), envelope.payload)
    assert encoded.hex() == vector["pre_authentication_encoding"]
    public = bytes.fromhex(vector["public_key"])
    assert envelope.signatures[0].keyid == keyid_of(public) == vector["keyid"]
    Ed25519PublicKey.from_public_bytes(public).verify(envelope.signatures[0].sig, encoded)


def test_the_vectors_have_the_fixed_widths() -> None:
    for vector in VECTORS:
        parse_stamp(vector["statement"]["issuedAt"])
        assert len(base64.b64decode(vector["statement"]["nonce"])) == 16
