"""The tables for what happens after an answer: disclosures, recalls with their causes, discrepancies."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

#: Answers that disclosed records, by the digest of the question; the body is encrypted.
told_answer = Table(
    "told_answer",
    metadata,
    Column("request", LargeBinary(32), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: An answer that is superseded: one recall, however many records in it changed.
recall = Table(
    "recall",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("recall_id", String(32), nullable=False, unique=True),
    Column("request", LargeBinary(32), nullable=False, unique=True),
    Column("member", String(64), nullable=False),
    Column("due_on", String(10), nullable=False),
    # Stamps: each empty until the recall was read or acknowledged.
    Column("read_at", String(27), nullable=False),
    Column("acknowledged_at", String(27), nullable=False),
    Column("body", LargeBinary, nullable=False),
    # The member's signed acknowledgement.
    Column("receipt", LargeBinary),
    sqlite_autoincrement=True,
)
Index("recall_member", recall.c.member, recall.c.acknowledged_at, recall.c.number)

#: The record that caused a recall: shown to its owner, never to the member that received the answer.
recall_cause = Table(
    "recall_cause",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("number", Integer, ForeignKey(recall.c.number), primary_key=True),
    Column("record_id", LargeBinary(16), primary_key=True),
    sqlite_with_rowid=False,
)

#: Correction requests made from differing facets, by their digest: each is sent once.
discrepancy = Table(
    "discrepancy",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("sent", Boolean, nullable=False),
    # Erased once sent.
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("discrepancy_waiting", discrepancy.c.sent)

SCHEMA = Schema("following", Path(__file__).parent / "migrations", "0001")
