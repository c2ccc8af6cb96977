"""How the values of intake are encrypted: each under a key of its own, wrapped by the sealing key and kept with it."""

from __future__ import annotations

import os

from node.store.vault import WRAPPED_BYTES, Vault
from server.journal.cipher import Cipher


class Locks:
    """Encrypts and decrypts single values."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def lock(self, key: bytes, clear: bytes, column: bytes) -> bytes:
        """Return `clear` encrypted for this column of the row with this key."""
        data_key = os.urandom(32)
        return self._vault.wrap(data_key, key) + Cipher(data_key).lock(clear, b"inbox" + column + key)

    def unlock(self, key: bytes, locked: bytes, column: bytes) -> bytes:
        """Return a value in clear; raises `Corrupt` for that of another row or column."""
        data_key = self._vault.unwrap(locked[:WRAPPED_BYTES], key)
        return Cipher(data_key).unlock(locked[WRAPPED_BYTES:], b"inbox" + column + key)
