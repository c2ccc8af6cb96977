"""The tables of documents at a node: which are wanted or here, and the shares of their keys."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Index, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

#: A document that a notice names, under a blind token of its digest; its content is a file.
document = Table(
    "stored_document",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    # DocumentContent, under the document's own key.
    Column("content", LargeBinary, nullable=False),
    # When it became complete, and the leaf hash of the log entry about it.
    Column("arrived_at", String(27)),
    Column("entry", LargeBinary(32)),
    sqlite_with_rowid=False,
)

#: The document's key is the XOR of all its shares, each encrypted under the key of its holder.
share = Table(
    "document_share",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    # A record's id (16 bytes), or the digest of a notice that waits for an officer (32 bytes).
    Column("holder", LargeBinary(32), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("document_share_holder", share.c.holder)

SCHEMA = Schema("stored_documents", Path(__file__).parent / "migrations", "0001")
