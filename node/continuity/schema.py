"""The tables of a log that went back: the head it lost, acceptances by the agency, and which gateways have them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

#: One row while the log has gone back, else none.
went_back = Table(
    "went_back",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("known_by", String(140), nullable=False),
    Column("found_at", String(27), nullable=False),
    Column("last_entry_at", String(27), nullable=False),
)

#: The agency's signed statements, encrypted because they name an officer.
log_acceptance = Table(
    "log_acceptance",
    metadata,
    Column("accepted_at", String(27), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    # When this node took it, by its own clock; missing in those of an earlier program.
    Column("taken_at", String(27)),
)

#: The newest acceptance that each gateway has taken.
acceptance_taken = Table(
    "acceptance_taken",
    metadata,
    Column("gateway", String(140), primary_key=True),
    Column("accepted_at", String(27), nullable=False),
)

SCHEMA = Schema("continuity", Path(__file__).parent / "migrations", "0002")
