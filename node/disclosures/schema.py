"""The table of disclosures: one row for each record in each answer, with the asker encrypted."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table, text

from server.journal.migrating import Schema

metadata = MetaData()

#: States of a disclosure: made; superseded, but not yet reported to its gateway; reported.
DISCLOSED, SUPERSEDED, HANDED_IN = 0, 1, 2

disclosure = Table(
    "disclosure",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    # Digest of the question; a question sent again by its gateway is another attempt.
    Column("request", LargeBinary(32), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    # The gateway that asked: it knows how it used the answer, and who received it.
    Column("via", String(140), nullable=False),
    Column("state", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
#: Superseded disclosures not yet reported: few rows, however many disclosures there are.
Index("disclosure_superseded", disclosure.c.via, sqlite_where=text("state = 1"))
#: Disclosures of texts that may name an offender of a judgment, by its token: they end when one of these is sealed.
disclosure_text = Table(
    "disclosure_text",
    metadata,
    Column("judgment", LargeBinary(16), primary_key=True),
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("request", LargeBinary(32), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

SCHEMA = Schema("disclosure", Path(__file__).parent / "migrations", "0002")
