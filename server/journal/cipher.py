"""Encryption of all stored data: AES-256-GCM, each ciphertext bound to its place in the store."""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from federation.errors import Corrupt

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


class Cipher:
    """One key of 32 bytes. A ciphertext is nonce, encrypted bytes and tag."""

    def __init__(self, key: bytes, *, of: str = "a stored value") -> None:
        """Take the key; `of` names in errors the data that is encrypted under it."""
        self._key = AESGCM(key)
        self._of = of

    def lock(self, clear: bytes, place: bytes) -> bytes:
        """Return ciphertext that opens only with the same `place`, such as table and row."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._key.encrypt(nonce, clear, place)

    def unlock(self, locked: bytes, place: bytes) -> bytes:
        """Return the clear bytes; raises `Corrupt` when they were altered, moved or made with another key."""
        try:
            return self._key.decrypt(locked[:NONCE_BYTES], locked[NONCE_BYTES:], place)
        except (InvalidTag, ValueError, TypeError):
            raise Corrupt(
                f"{self._of} cannot be read: it was altered, moved, or belongs to another key"
            ) from None
