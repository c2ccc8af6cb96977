"""Which algorithm signs: signatures of the charter name theirs, those of installations do not (decision 185)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.signer import CryptoSigner

from certs.signing import charter_signer
from federation.charter.envelope import STATEMENT, verify_payload
from federation.errors import BadEnvelope, HutongError
from federation.v1.envelope_pb2 import Envelope, Signature
from federation.values.clock import now
from federation.values.identity import Role
from federation.values.keys import verification_key
from tests.support.federation import SmallFederation

DESK = "police/client/desk"


class OtherAlgorithm(SmallFederation):
    """A federation whose publisher and police sign the charter by ECDSA over P-256, and the others by Ed25519."""

    def _signer(self, key: Ed25519PrivateKey) -> CryptoSigner:
        usual = [
            each for name, each in (*self.root_keys.items(), *self.charter_keys.items()) if name != "police"
        ]
        return (
            charter_signer(key)
            if key in usual
            else self._other.setdefault(key, CryptoSigner.generate_ecdsa())
        )

    @property
    def _other(self) -> dict[Ed25519PrivateKey, CryptoSigner]:
        """Return what signs in place of a key."""
        found: dict[Ed25519PrivateKey, CryptoSigner] = self.__dict__.setdefault("other", {})
        return found


def schemes(metadata: Path) -> set[str]:
    """Return the names of the algorithms in the charter's root."""
    keys = json.loads(metadata.read_text("utf-8"))["signed"]["keys"].values()
    return {key["scheme"] for key in keys}


def test_a_charter_names_the_algorithm_of_each_key_and_a_second_one_holds(tmp_path: Path) -> None:
    small = OtherAlgorithm(tmp_path, agencies=["police", "justice"])
    assert schemes(small.root) == {"ecdsa-sha2-nistp256", "ed25519"}
    assert small.charter().installations
    with small.trust() as trust:
        assert trust.current().version == small.charter().version


def test_a_charter_whose_key_is_named_of_another_algorithm_does_not_hold(tmp_path: Path) -> None:
    small = OtherAlgorithm(tmp_path, agencies=["police", "justice"])
    root = json.loads(small.root.read_text("utf-8"))
    for key in root["signed"]["keys"].values():
        key["keytype"] = key["scheme"] = "ed25519"
    small.root.write_text(json.dumps(root), "utf-8")
    with pytest.raises(HutongError), small.trust():
        pytest.fail("a signature of one algorithm passes for one of another")


@pytest.mark.parametrize("form", [PublicFormat.CompressedPoint, PublicFormat.UncompressedPoint])
def test_an_installations_key_of_another_algorithm_is_refused_and_no_signature_of_it_counts(
    form: PublicFormat,
) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, form)
    with pytest.raises(ValueError, match="32 bytes"):
        verification_key(public)


def test_a_signature_of_another_algorithm_under_the_id_of_a_listed_key_does_not_hold(tmp_path: Path) -> None:
    small = SmallFederation(tmp_path, agencies=["police"])
    keyid = small.party(DESK).signer.keyid
    signature = CryptoSigner.generate_ecdsa().sign(b"anything").signature
    forged = Envelope(
        payload_type=STATEMENT,
        payload=b"anything",
        signatures=[Signature(keyid=keyid, sig=bytes.fromhex(signature))],
    )
    with pytest.raises(BadEnvelope) as refusal:
        verify_payload(forged, STATEMENT, small.charter(), role=Role.ASKS, now=now())
    assert refusal.value.reason == "BAD_SIGNATURE"
