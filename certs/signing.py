"""Ed25519 signing keys: one per installation for envelopes, and the keys that sign the charter itself."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.signer import CryptoSigner

from certs.keyfiles import private_pem, write_private
from federation.values.keys import private_key_in, verification_key


def new_signing_key(path: Path) -> bytes:
    """Make a key in the new file `path` (mode 0600) and return its 32 raw public bytes; raises `FileExistsError`."""
    key = Ed25519PrivateKey.generate()
    write_private(path, private_pem(key))
    return public_of(key)


def load_signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in the PEM file `path`; raises `ValueError` for another kind of key."""
    key = private_key_in(path.read_bytes(), path)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds no Ed25519 key")
    return key


def public_of(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 raw public bytes."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def charter_signer(key: Ed25519PrivateKey) -> CryptoSigner:
    """Return the signer of charter metadata with `key`."""
    return CryptoSigner(key, verification_key(public_of(key)))
