"""The tables of announcements: those of this node on their way, and the persons of others', as blind tokens."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

#: Announcements of this node's applications that a node has yet to take, encrypted.
waiting = Table(
    "announcement_waiting",
    metadata,
    Column("application", String(120), primary_key=True),
    Column("release_on", String(10), nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: The nodes that have yet to take one.
awaited = Table(
    "announcement_awaited",
    metadata,
    Column("application", String(120), primary_key=True),
    Column("node", String(64), primary_key=True),
    sqlite_with_rowid=False,
)

#: Whom an application speaks of: every token of every person, whether or not anything is recorded here.
announced = Table(
    "announced",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("application", String(120), primary_key=True),
    Column("release_on", String(10), nullable=False),
    # `Purpose`, which says what the question will search; 0 for announcements that an earlier program took.
    Column("purpose", Integer, nullable=False, server_default="0"),
    # The row of the catalogue; "" where none, and for announcements that an earlier program took.
    Column("basis", String(64), nullable=False, server_default=""),
    sqlite_with_rowid=False,
)
Index("announced_application", announced.c.application)
Index("announced_release", announced.c.release_on)

SCHEMA = Schema("announcing", Path(__file__).parent / "migrations", "0003")
