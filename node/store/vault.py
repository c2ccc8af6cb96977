"""A data key per record: sealing re-wraps one small key and leaves the events as they were written."""

from __future__ import annotations

from typing import Final

from federation.errors import Corrupt
from server.journal.cipher import NONCE_BYTES, TAG_BYTES, Cipher

#: The length of a data key of 32 bytes when it is wrapped.
WRAPPED_BYTES: Final = NONCE_BYTES + 32 + TAG_BYTES
#: The first byte of a record's wrapped key that is bound to version and status.
_BOUND: Final = b"\x02"


class Vault:
    """Wraps and unwraps the data keys of one table under one key of the node."""

    def __init__(self, *, key: bytes, purpose: str) -> None:
        self._key = Cipher(key)
        self._purpose = purpose.encode()

    def wrap(self, data_key: bytes, place: bytes) -> bytes:
        """Return `data_key` wrapped for this place in this table."""
        return self._key.lock(data_key, self._purpose + place)

    def unwrap(self, wrapped: bytes, place: bytes) -> bytes:
        """Return the data key; raises `Corrupt`."""
        return self._key.unlock(wrapped, self._purpose + place)


class RecordVault(Vault):
    """Wraps the data keys of records, each bound to the record's id, version and status."""

    def __init__(self, *, key: bytes, purpose: str) -> None:
        super().__init__(key=key, purpose=purpose)
        #: Whether every key of the store is bound, so that one in the form of an earlier program is none of it.
        self.all_bound = False

    def wrap_bound(self, data_key: bytes, record_id: bytes, version: int, status: str) -> bytes:
        """Return `data_key` wrapped for this version of this record, in this status."""
        return _BOUND + self.wrap(data_key, _version_place(record_id, version, status))

    def unwrap_bound(self, wrapped: bytes, record_id: bytes, version: int, status: str) -> bytes:
        """Return the data key; raises `Corrupt`, also when it was wrapped for another version or status."""
        if len(wrapped) == WRAPPED_BYTES and not self.all_bound:
            return self.unwrap(wrapped, record_id)
        if not wrapped.startswith(_BOUND):
            raise Corrupt("a record's key is in a form that is no longer in use")
        return self.unwrap(wrapped[1:], _version_place(record_id, version, status))


def is_bound(wrapped: bytes) -> bool:
    """Say whether a record's wrapped key is bound to its version and status."""
    return len(wrapped) != WRAPPED_BYTES


def event_place(record_id: bytes, version: int) -> bytes:
    """Return the context that an event's ciphertext is bound to: its table, row and version."""
    return b"record_event" + record_id + version.to_bytes(4, "big")


def _version_place(record_id: bytes, version: int, status: str) -> bytes:
    return b"version" + record_id + version.to_bytes(4, "big") + status.encode()
