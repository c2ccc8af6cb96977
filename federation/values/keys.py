"""Ed25519 signing keys, apart from TLS: one per installation, named by the hash of their public half."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from securesystemslib.signer import CryptoSigner, SSlibKey

from federation.values.identity import Installation, KeyId


def keyid_of(public_raw: bytes) -> KeyId:
    """Return the id of a key: lower-case hex SHA-256 of its 32 raw public bytes."""
    return KeyId(hashlib.sha256(public_raw).hexdigest())


def next_of(path: Path) -> Path:
    """Return where the key lies that is to follow the one in `path`: "signing.next.key" beside "signing.key"."""
    return path.with_name(f"{path.stem}.next{path.suffix}")


def private_key_in(pem: bytes, path: Path) -> PrivateKeyTypes:
    """Return the private key in the content of `path`; raises `ValueError` for none, and for an encrypted one."""
    try:
        return load_pem_private_key(pem, password=None)
    except TypeError:
        raise ValueError(
            f"the key in {path} is encrypted, and nobody is asked for its passphrase: put it there unencrypted, in a "
            "file that its owner alone can read"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path} holds no private key that can be read: {error}") from None


class _ParsedKey(SSlibKey):
    """A key with its parsed form cached, because securesystemslib parses the hex anew for every signature."""

    def __init__(self, public_raw: bytes) -> None:
        super().__init__(keyid_of(public_raw), "ed25519", "ed25519", {"public": public_raw.hex()})
        self._parsed = Ed25519PublicKey.from_public_bytes(public_raw)

    def _crypto_key(self) -> Ed25519PublicKey:
        return self._parsed


@lru_cache(maxsize=8192)
def verification_key(public_raw: bytes) -> SSlibKey:
    """Return the parsed key for 32 raw public bytes; raises `ValueError` when they are no Ed25519 key."""
    return _ParsedKey(public_raw)


class SigningKey:
    """A private key with its public half (32 raw bytes) and its id."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.keyid = keyid_of(self.public)
        self.crypto = CryptoSigner(key, verification_key(self.public))

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Return the key in the PEM file `path`; raises `OSError`, and `ValueError` for another kind of key."""
        key = private_key_in(path.read_bytes(), path)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} holds no Ed25519 key")
        return cls(key)


class Signer:
    """An installation together with the key it signs with, which another one may follow while it is in use."""

    def __init__(self, installation: Installation, key: Ed25519PrivateKey | SigningKey) -> None:
        self.installation = installation
        #: The key of now: whoever needs two of its properties reads it once, for they must be of one key.
        self.held = key if isinstance(key, SigningKey) else SigningKey(key)

    @classmethod
    def load(cls, path: Path, installation: Installation) -> Signer:
        """Return the signer whose key is in the PEM file `path`; `ValueError` for another kind of key."""
        return cls(installation, SigningKey.load(path))

    def take(self, key: SigningKey) -> None:
        """Sign with this key from now on."""
        self.held = key

    @property
    def public(self) -> bytes:
        """The public half of the key of now, 32 raw bytes."""
        return self.held.public

    @property
    def keyid(self) -> KeyId:
        """The id of the key of now."""
        return self.held.keyid

    @property
    def crypto(self) -> CryptoSigner:
        """What makes signatures with the key of now."""
        return self.held.crypto
