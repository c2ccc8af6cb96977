"""A data key per record: sealing re-wraps one small key and leaves the events as they were written."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from federation.errors import Corrupt

_NONCE = 12


def encrypt(key: AESGCM, clear: bytes, *, bound_to: bytes) -> bytes:
    """Return nonce and ciphertext; they open only with the same `bound_to` (column and row)."""
    nonce = os.urandom(_NONCE)
    return nonce + key.encrypt(nonce, clear, bound_to)


def decrypt(key: AESGCM, sealed: bytes, *, bound_to: bytes) -> bytes:
    """Return the clear bytes; raises `Corrupt` when they were altered, moved or made with another key."""
    try:
        return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
    except InvalidTag:
        raise Corrupt("a stored value was altered, moved, or belongs to another key") from None


class Vault:
    """Wraps and unwraps the data keys of one table under one key of the node."""

    def __init__(self, *, key: bytes, purpose: str) -> None:
        self._key = AESGCM(key)
        self._purpose = purpose.encode()

    def wrap(self, data_key: bytes, record_id: bytes) -> bytes:
        """Return `data_key` wrapped for this record in this table."""
        return encrypt(self._key, data_key, bound_to=self._purpose + record_id)

    def unwrap(self, wrapped: bytes, record_id: bytes) -> bytes:
        """Return the data key; raises `Corrupt`."""
        return decrypt(self._key, wrapped, bound_to=self._purpose + record_id)


def event_place(record_id: bytes, version: int) -> bytes:
    """Return what an event's ciphertext is bound to: its table, row and version."""
    return b"record_event" + record_id + version.to_bytes(4, "big")
