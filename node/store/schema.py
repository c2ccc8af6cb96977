"""The tables of a node. Every personal value is ciphertext; every look-up value is a blind token."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, MetaData, String, Table

from journal.migrating import Schema

metadata = MetaData()

#: Append-only: every version of every record as it was entered, under the record's own data key.
record_event = Table(
    "record_event",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)


def _current(name: str) -> Table:
    """Return a table of records as they stand now; `wrapped_key` is the only way to their events."""
    return Table(
        name,
        metadata,
        Column("record_id", LargeBinary(16), primary_key=True),
        Column("version", Integer, nullable=False),
        # Token of person and judgment: one registration of each.
        Column("conviction", LargeBinary(16), nullable=False, unique=True),
        # Token of the record's content: the same again is not a second one.
        Column("content", LargeBinary(16), nullable=False),
        Column("wrapped_key", LargeBinary, nullable=False),
        Column("entered_at", String(27), nullable=False),
        # Leaf hash of the log entry of this version.
        Column("entry", LargeBinary(32), nullable=False),
        sqlite_with_rowid=False,
    )


def _tokens(name: str, of: Table) -> Table:
    return Table(
        name,
        metadata,
        Column("token", LargeBinary(16), primary_key=True),
        Column("record_id", LargeBinary(16), ForeignKey(of.c.record_id), primary_key=True),
        sqlite_with_rowid=False,
    )


open_record = _current("open_record")
open_token = _tokens("open_token", open_record)

#: Sealed and withheld. Ordinary look-ups never name these tables; their keys are under the sealing key.
sealed_record = _current("sealed_record")
sealed_record.append_column(Column("status", String(10), nullable=False))
sealed_token = _tokens("sealed_token", sealed_record)

#: Withdrawn: in no answer; the events stay as audit evidence, their key under the sealing key.
withdrawn_record = Table(
    "withdrawn_record",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", LargeBinary(16), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

#: Records sealed here that the other holders have yet to be told of.
sealing_spread = Table(
    "sealing_spread",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

SCHEMA = Schema("register", Path(__file__).parent / "migrations", "0002")
