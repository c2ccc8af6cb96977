"""A data key per record: sealing re-wraps one small key and leaves the events as they were written."""

from __future__ import annotations

from typing import Final

from server.journal.cipher import NONCE_BYTES, TAG_BYTES, Cipher

#: The length of a data key of 32 bytes when it is wrapped.
WRAPPED_BYTES: Final = NONCE_BYTES + 32 + TAG_BYTES


class Vault:
    """Wraps and unwraps the data keys of one table under one key of the node."""

    def __init__(self, *, key: bytes, purpose: str) -> None:
        self._key = Cipher(key)
        self._purpose = purpose.encode()

    def wrap(self, data_key: bytes, record_id: bytes) -> bytes:
        """Return `data_key` wrapped for this record in this table."""
        return self._key.lock(data_key, self._purpose + record_id)

    def unwrap(self, wrapped: bytes, record_id: bytes) -> bytes:
        """Return the data key; raises `Corrupt`."""
        return self._key.unlock(wrapped, self._purpose + record_id)


def event_place(record_id: bytes, version: int) -> bytes:
    """Return the context that an event's ciphertext is bound to: its table, row and version."""
    return b"record_event" + record_id + version.to_bytes(4, "big")
