"""The tables of a node. Every personal value is ciphertext; every look-up value is a blind token."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    false,
)

from server.journal.migrating import Schema

metadata = MetaData()

#: Append-only: every version of every record as it was entered, under the record's own data key.
record_event = Table(
    "record_event",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)


def _current(name: str) -> Table:
    """Return a table of current records; `wrapped_key` is the only way to their events."""
    return Table(
        name,
        metadata,
        Column("record_id", LargeBinary(16), primary_key=True),
        Column("version", Integer, nullable=False),
        # Token of person and judgment: one registration of each.
        Column("conviction", LargeBinary(16), nullable=False, unique=True),
        # Token of the record's content: equal content is a repetition.
        Column("content", LargeBinary(16), nullable=False),
        Column("wrapped_key", LargeBinary, nullable=False),
        Column("entered_at", String(27), nullable=False),
        # Leaf hash of the log entry of this version.
        Column("entry", LargeBinary(32), nullable=False),
        # "criminal", or one of the classes that are kept apart (R64).
        Column("record_class", String(16), nullable=False, server_default="criminal"),
        sqlite_with_rowid=False,
    )


def _tokens(name: str, of: Table) -> Table:
    return Table(
        name,
        metadata,
        Column("token", LargeBinary(16), primary_key=True),
        Column("record_id", LargeBinary(16), ForeignKey(of.c.record_id), primary_key=True, index=True),
        sqlite_with_rowid=False,
    )


open_record = _current("open_record")
open_token = _tokens("open_token", open_record)

#: The data key of versions before `version`, under the key that begins with it (`node.store.key_chain`).
former_key = Table(
    "former_key",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: Sealed and withheld. Ordinary look-ups never name these tables; their keys are under the sealing key.
sealed_record = _current("sealed_record")
sealed_record.append_column(Column("status", String(10), nullable=False))
sealed_token = _tokens("sealed_token", sealed_record)

#: Withdrawn: in no answer; the events stay as audit evidence, their key under the sealing key.
withdrawn_record = Table(
    "withdrawn_record",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", LargeBinary(16), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

#: Records whose sealing changed here: a proposal or a withdrawal is still to be made for each.
sealing_spread = Table(
    "sealing_spread",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # Sealed or unsealed by people, not by an import or a run over all records, so it goes first.
    Column("urgent", Boolean, nullable=False, server_default=false()),
    # To be proposed to every node again, because one of them was restored from an old copy.
    Column("again", Boolean, nullable=False, server_default=false()),
    # Token of the judgment, by which questions about its other offenders find the seal.
    Column("judgment", LargeBinary(16)),
    sqlite_with_rowid=False,
)
Index("sealing_spread_urgent", sealing_spread.c.urgent)
Index("sealing_spread_judgment", sealing_spread.c.judgment)

#: Proposals to the other holders about records of this node, under the key that `federation.statements.seals` gives.
sealing_proposed = Table(
    "sealing_proposed",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("proposal_id", String(32), nullable=False),
    Column("record_id", LargeBinary(16), nullable=False, index=True),
    # Token of its content: equal content is the same proposal.
    Column("content", LargeBinary(16), nullable=False),
    Column("proposed_at", String(27), nullable=False),
    # A gateway has the withdrawal durably.
    Column("withdrawn", Boolean, nullable=False),
    # A withdrawal may have been sent: from here on this proposal is never made again under its id.
    Column("withdrawing", Boolean, nullable=False, server_default=false()),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    # The proposal under the sealing key, while it spreads; then erased.
    Column("body", LargeBinary),
)

#: Nodes that have yet to acknowledge a proposal. A seal spreads while a row is here or in `sealing_pending`.
sealing_awaited = Table(
    "sealing_awaited",
    metadata,
    Column("key", String(32), ForeignKey(sealing_proposed.c.key), primary_key=True),
    Column("node", String(64), primary_key=True),
    sqlite_with_rowid=False,
)

#: Proposals, and withdrawals of proposals, that a gateway has yet to take.
sealing_pending = Table(
    "sealing_pending",
    metadata,
    Column("gateway", String(128), primary_key=True),
    Column("key", String(32), ForeignKey(sealing_proposed.c.key), primary_key=True),
    Column("withdraws", Boolean, primary_key=True),
    Column("urgent", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
Index("sealing_pending_first", sealing_pending.c.gateway, sealing_pending.c.urgent)
Index("sealing_pending_key", sealing_pending.c.key)

#: Tokens of the persons of spreading proposals, so that an answer about one of them brings the proposal along.
sealing_spreading = Table(
    "sealing_spreading",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("key", String(32), ForeignKey(sealing_proposed.c.key), primary_key=True),
    sqlite_with_rowid=False,
)
Index("sealing_spreading_key", sealing_spreading.c.key)

#: Open records that are withheld because a gateway proposed it: how many at once is limited.
gateway_hold = Table(
    "gateway_hold",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("gateway", String(128), nullable=False, index=True),
    Column("held_at", String(27), nullable=False),
    sqlite_with_rowid=False,
)

#: Nodes and gateways to which everything that is sealed here has been addressed.
sealing_told = Table("sealing_told", metadata, Column("node", String(64), primary_key=True))

#: Other nodes' signed answers to these proposals, encrypted: an objection states its reason.
sealing_acknowledgement = Table(
    "sealing_acknowledgement",
    metadata,
    Column("key", String(32), ForeignKey(sealing_proposed.c.key), primary_key=True),
    Column("node", String(64), primary_key=True),
    Column("stance", Integer, primary_key=True, autoincrement=False),
    Column("received_at", String(27), nullable=False),
    Column("envelope", LargeBinary, nullable=False),
)

#: Proposals of other nodes. `sealing_watch` has what they name, as tokens of (person, judgment) and of judgments only.
sealing_received = Table(
    "sealing_received",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("proposal_id", String(32), nullable=False),
    Column("proposer", String(128), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("received_at", String(27), nullable=False),
    Column("knows_number", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
)

#: Every record that is entered or changed is compared with these, for ever (R45).
sealing_watch = Table(
    "sealing_watch",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("key", String(32), ForeignKey(sealing_received.c.key), primary_key=True),
    # By person and the judgment's number; else by person and the day on which it became final, or by the judgment.
    Column("by_number", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
Index("sealing_watch_key", sealing_watch.c.key)

#: Records that were withheld on a proposal, so that its withdrawal finds them.
sealing_hold = Table(
    "sealing_hold",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("key", String(32), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

#: Objections of this agency that have yet to reach the proposer.
sealing_objection = Table(
    "sealing_objection",
    metadata,
    Column("record_id", LargeBinary(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

SCHEMA = Schema("register", Path(__file__).parent / "migrations", "0010")
