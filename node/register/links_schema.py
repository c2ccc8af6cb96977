"""The tables of whose records they are: steps of merges and distinctions as ciphertext, links between blind tokens."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table

from server.journal.migrating import Schema

metadata = MetaData()

#: Append-only: every step of every merge with officer, time and reason.
merge_event = Table(
    "merge_event",
    metadata,
    Column("merge_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: The current links: a question by one token searches the other too. They reveal nothing of any record.
person_link = Table(
    "person_link",
    metadata,
    Column("merge_id", LargeBinary(16), primary_key=True),
    Column("token", LargeBinary(16), primary_key=True),
    Column("linked", LargeBinary(16), primary_key=True),
    sqlite_with_rowid=False,
)

#: The digest of the number behind each linked token, encrypted: other holders' seals are named by digests (R45).
person_link_digest = Table(
    "person_link_digest",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: Decisions that a record is not the person's: the token of a number, and one of the record as it names its person.
distinction = Table(
    "distinction",
    metadata,
    Column("person", LargeBinary(16), primary_key=True),
    Column("record", LargeBinary(16), primary_key=True),
    Column("distinction_id", LargeBinary(16), nullable=False, unique=True),
    sqlite_with_rowid=False,
)

#: Append-only: every step of every such decision with officer, time and reason.
distinction_event = Table(
    "distinction_event",
    metadata,
    Column("distinction_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

SCHEMA = Schema("identity", Path(__file__).parent / "links_migrations", "0003")
