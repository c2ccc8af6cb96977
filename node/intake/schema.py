"""The tables of notices at a node: the inbox, the records that notices changed, moved persons, wrong numbers."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

#: Every notice once, by its digest, with its outcome. Receipt and body are encrypted.
inbox = Table(
    "inbox",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("sender", String(64), nullable=False),
    Column("kind", Integer, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("late_days", Integer, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    # Kept while an officer has to decide, and after a decision.
    Column("body", LargeBinary),
    # Encrypted: the receipt that the sender keeps where it does not hear what became of the notice since.
    Column("given", LargeBinary),
    # 1 where tokens lead to the notice: it waits, and favours somebody; 0 where not; NULL by an earlier program.
    Column("favours", Integer),
    sqlite_with_rowid=False,
)
Index("inbox_stage", inbox.c.stage, inbox.c.digest)

#: Blind tokens of the records that a notice in a person's favour may be about -> the notice.
late_change = Table(
    "late_change",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    sqlite_with_rowid=False,
)

#: Records that a notice entered or superseded: a different one about the same judgment is a conflict.
notified = Table(
    "notified",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

#: Persons (blind tokens) whose registration is elsewhere now; the division is encrypted.
moved = Table(
    "moved",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("division", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: How many notices of a sender named a judgment that does not fit their person, by legal day.
wrong_number = Table(
    "wrong_number",
    metadata,
    Column("sender", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("notices", Integer, nullable=False),
    sqlite_with_rowid=False,
)

SCHEMA = Schema("intake", Path(__file__).parent / "migrations", "0003")
