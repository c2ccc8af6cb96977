"""The tables of runs over all records: each run, and the records that it moved."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

#: A run (`sealing.proto`, ResealRun), encrypted, so that nobody approves one in the database.
sealing_run = Table(
    "sealing_run",
    metadata,
    Column("id", String(16), primary_key=True),
    # "today", "coming" or "past".
    Column("place", String(8), nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: The records that a run moved, as long as it can be reversed.
sealing_run_move = Table(
    "sealing_run_move",
    metadata,
    Column("run", String(16), primary_key=True),
    Column("record_id", LargeBinary(16), primary_key=True),
    # The version that the run made.
    Column("version", Integer, nullable=False),
    Column("before", String(10), nullable=False),
    Column("after", String(10), nullable=False),
    sqlite_with_rowid=False,
)
#: The rows are counted by record (`node.store.counted`), and a run may have moved millions.
Index("sealing_run_move_record", sealing_run_move.c.record_id)

SCHEMA = Schema("runs", Path(__file__).parent / "migrations", "0002")
