"""The tables of applications: insert-only encrypted steps, and in clear the values that lists and counts need."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

application = Table(
    "application",
    metadata,
    Column("number", String(120), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Integer, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("verifying", Integer, nullable=False),
    Column("submitted_on", String(10), nullable=False),
    Column("due_on", String(10), nullable=False),
    # The data key of everything personal in it, wrapped by the node's key.
    Column("wrapped_key", LargeBinary, nullable=False),
)
Index("application_serial", application.c.year, application.c.serial, unique=True)

#: Append-only: every step with the officer, the time and the decision (R34).
application_event = Table(
    "application_event",
    metadata,
    Column("number", String(120), ForeignKey("application.number"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

#: Whose own record was asked for: a blind token, to count a person's applications in a year.
application_token = Table(
    "application_token",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("number", String(120), ForeignKey("application.number"), primary_key=True),
)

application_document = Table(
    "application_document",
    metadata,
    Column("number", String(128), primary_key=True),
    Column("application", String(120), ForeignKey("application.number"), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    # HMAC of number and code, to check a paper copy.
    Column("check", LargeBinary(16), nullable=False),
    Column("issued_on", String(10), nullable=False),
    Column("valid_until", String(10), nullable=False),
    Column("collect_until", String(10), nullable=False),
    Column("superseded_by", String(128), nullable=False),
    # The signed envelope as ciphertext; empty once it is no longer handed out (R45).
    Column("body", LargeBinary, nullable=False),
)
Index("application_document_of", application_document.c.application)

SCHEMA = Schema("applications", Path(__file__).parent / "migrations", "0001")
