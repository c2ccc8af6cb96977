"""The key of the log, which every server has, and how entries show whether it is the right one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from server.stores.key_checks import KeyKind, rows

_NONCE = 12


def _opens(connection: Connection, keys: Mapping[str, bytes]) -> Iterator[bool]:
    """Decrypt the newest entries."""
    key = AESGCM(keys["journal"])
    for leaf, sealed in rows(connection, "SELECT leaf, sealed_body FROM log_entry ORDER BY idx DESC"):
        try:
            key.decrypt(sealed[:_NONCE], sealed[_NONCE:], leaf)
        except (InvalidTag, ValueError):
            yield False
        else:
            yield True


LOG_KEY: Final = KeyKind("journal", ("log_entry",), _opens)
