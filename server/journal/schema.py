"""The log's table: insert-only, bodies encrypted, each row carrying its subtree hashes; and what waits to be logged."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

from server.journal.migrating import Schema

metadata = MetaData()

log_entry = Table(
    "log_entry",
    metadata,
    Column("idx", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    # Hashes of every perfect subtree that ends at this leaf, smallest first; the first 32 bytes are the leaf.
    Column("subtrees", LargeBinary, nullable=False),
    Column("leaf", LargeBinary(32), nullable=False),
    # AES-256-GCM over salt and body, the leaf hash as associated data.
    Column("sealed_body", LargeBinary, nullable=False),
    # Signer and nonce of a request, usable once; with the attempt and the replica through which it came.
    Column("once", LargeBinary),
    Column("attempt", Integer),
    Column("via", LargeBinary),
)
Index("log_entry_once", log_entry.c.once, log_entry.c.attempt, unique=True)
Index("log_entry_leaf", log_entry.c.leaf, unique=True)

log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("size", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("envelope", LargeBinary, nullable=False),
)

#: Events that the next `spreading` entry will collect, in the order of their commits, encrypted like entries.
log_deferred = Table(
    "log_deferred",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("leaf", LargeBinary(32), nullable=False),
    Column("sealed_body", LargeBinary, nullable=False),
)

#: The onces of all deferred events, for ever: the entry that collects an event holds many.
log_deferred_once = Table(
    "log_deferred_once",
    metadata,
    Column("once", LargeBinary, primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("via", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: One row: the fixed time of the newest `spreading` entry.
log_collected = Table("log_collected", metadata, Column("fixed_at", String, primary_key=True))

#: One row: the checkpoint of the last fixed time, for members who are no witnesses.
fixed_checkpoint = Table(
    "fixed_checkpoint",
    metadata,
    Column("fixed_at", String, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
)

SCHEMA = Schema("journal", Path(__file__).parent / "migrations" / "versions", "0003")
