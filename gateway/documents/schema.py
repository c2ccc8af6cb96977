"""The tables of documents at a gateway: those that senders handed in or announced, and the nodes they go to."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, text

from server.journal.migrating import Schema

metadata = MetaData()

#: A document of one sender, under a blind token of sender and digest, so that no sender learns of another's documents.
document = Table(
    "carried_document",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("sender", String(64), nullable=False),
    Column("state", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    # Seconds since 1970.
    Column("touched_at", Float, nullable=False),
    # DocumentContent and the data key of the file, under the relay's key.
    Column("content", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("carried_document_sender", document.c.sender, document.c.state)
#: Index of whole documents: few, however many were carried.
Index("carried_document_held", document.c.token, sqlite_where=text("state = 3"))

#: Which notices name it. `settled`: it was carried for this notice and then deleted.
naming = Table(
    "carried_naming",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("notice", LargeBinary(32), primary_key=True),
    Column("settled", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
Index("carried_naming_notice", naming.c.notice)

#: A document on its way to one node, which holds a notice that names it.
carriage = Table(
    "carriage",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("node", String(64), primary_key=True),
    Column("state", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("reason", String(400), nullable=False),
    sqlite_with_rowid=False,
)
Index("carriage_due", carriage.c.node, carriage.c.state)

#: Every receipt, of this gateway and of nodes, under the relay's key.
receipt = Table(
    "carried_receipt",
    metadata,
    Column("receipt_id", Integer, primary_key=True),
    Column("token", LargeBinary(16), nullable=False),
    Column("stage", Integer, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("carried_receipt_token", receipt.c.token)

SCHEMA = Schema("documents", Path(__file__).parent / "migrations", "0002")
