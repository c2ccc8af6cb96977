"""The key of the log, which every server has, and the test by log entries whether it is the right one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import Connection

from federation.errors import Corrupt
from server.journal.cipher import Cipher
from server.stores.key_checks import KeyKind, rows


def _opens(connection: Connection, keys: Mapping[str, bytes]) -> Iterator[bool]:
    """Decrypt the newest entries."""
    key = Cipher(keys["journal"])
    for leaf, sealed in rows(connection, "SELECT leaf, sealed_body FROM log_entry ORDER BY idx DESC"):
        try:
            key.unlock(sealed, leaf)
        except Corrupt:
            yield False
        else:
            yield True


LOG_KEY: Final = KeyKind("journal", ("log_entry",), _opens)
