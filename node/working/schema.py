"""The tables of working records: no reader of the register names them, and no other table has their key."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table

from server.journal.migrating import Schema

metadata = MetaData()

#: Append-only: the working records, encrypted under the working key.
working_record = Table(
    "working_record",
    metadata,
    Column("working_id", LargeBinary(16), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: Blind tokens, made under the working key, by which a person's working records are found.
working_token = Table(
    "working_token",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("working_id", LargeBinary(16), primary_key=True),
    sqlite_with_rowid=False,
)

#: Append-only: every act on a working record with officer, time and reason, also refused attempts; encrypted.
working_access = Table(
    "working_access",
    metadata,
    Column("working_id", LargeBinary(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

SCHEMA = Schema("working", Path(__file__).parent / "migrations", "0001")
