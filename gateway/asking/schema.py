"""The table of withheld evidence, and one chain of migrations for it and for the tables of `gateway.sealing.schema`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()
held_answer = Table(
    "held_answer",
    metadata,
    Column("answer_id", String(32), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
SCHEMA = Schema("held", Path(__file__).parent / "migrations", "0005")
