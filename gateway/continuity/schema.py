"""The tables of the highest head of each node's log, and of agencies' acceptances."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

node_head = Table(
    "node_head",
    metadata,
    Column("node", String(64), primary_key=True),
    # The time of the newest acceptance; empty where there was none.
    Column("accepted_at", String(27), nullable=False),
    Column("size", Integer, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    # Of the page that commits to the head; all are empty where the acceptance states it.
    Column("signed_at", String(27), nullable=False),
    Column("page", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
)

#: The agencies' signed statements, encrypted because they name an officer.
log_acceptance = Table(
    "log_acceptance",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("accepted_at", String(27), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

SCHEMA = Schema("continuity", Path(__file__).parent / "migrations", "0001")
