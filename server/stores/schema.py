"""The table of check values, by which every start verifies that each key file belongs to this store."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

key_check = Table(
    "key_check",
    metadata,
    # The key's name: "journal" for `keys/journal.key`.
    Column("name", String(32), primary_key=True),
    # HMAC of the name under the key: it shows whether a key is the same, and nothing else about it.
    Column("value", LargeBinary(32), nullable=False),
    Column("kept_at", String(27), nullable=False),
)

SCHEMA = Schema("keys", Path(__file__).parent / "migrations", "0001")
