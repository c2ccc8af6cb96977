"""The table of a node's officers; names and keys are encrypted."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Boolean, Column, Index, LargeBinary, MetaData, String, Table, text

from server.journal.migrating import Schema

metadata = MetaData()

#: Every officer ever registered. `person` is a blind token of the name, the same for all spellings of it.
officer = Table(
    "officer",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person", LargeBinary(16), nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("officer_person", officer.c.person, unique=True, sqlite_where=text("removed = 0"))

SCHEMA = Schema("officers", Path(__file__).parent / "migrations", "0001")
