"""The tables of working records: no look-up's reader names them, and their key is no other table's."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table

from server.journal.migrating import Schema

metadata = MetaData()

#: Append-only: what is kept, as ciphertext under the working key.
working_record = Table(
    "working_record",
    metadata,
    Column("working_id", LargeBinary(16), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: Under which blind tokens of the working key a person's working records are found.
working_token = Table(
    "working_token",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("working_id", LargeBinary(16), primary_key=True),
    sqlite_with_rowid=False,
)

#: Append-only: who did what with it, when and why, refused attempts included; ciphertext.
working_access = Table(
    "working_access",
    metadata,
    Column("working_id", LargeBinary(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

SCHEMA = Schema("working", Path(__file__).parent / "migrations", "0001")
