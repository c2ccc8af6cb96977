"""The tables of the log, of what waits to be logged, and of the tally.

The log is insert-only, bodies encrypted, each row carrying the subtree hashes that end at it.
"""

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

#: How many rows of a table are in a bucket, and their keyed sum, encrypted.
tally_amount = Table(
    "tally_amount",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: Changes of amounts that are not folded into them yet, one row a transaction, encrypted.
tally_change = Table(
    "tally_change",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

#: One row: the MAC of all amounts together with the head of the log. None in a store that keeps no tally.
tally_head = Table(
    "tally_head",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("log_size", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
)

SCHEMA = Schema("journal", Path(__file__).parent / "migrations" / "versions", "0004")
