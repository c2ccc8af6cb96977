"""The tables of seals on their way; their migrations are among those of `gateway.asking.schema`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, text

metadata = MetaData()
sealing_proposal = Table(
    "sealing_proposal",
    metadata,
    Column("node", String(64), primary_key=True),
    # The name of the proposal, unique over all proposers (`federation.statements.seals`).
    Column("key", String(32), primary_key=True),
    # The installation that proposes; empty for this gateway itself.
    Column("proposer", String(128), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    # Sealed or unsealed by an officer: delivered before seals that imports caused.
    Column("urgent", Boolean, nullable=False, server_default=text("0")),
    # Whether its marks have been made; rows of an earlier program get theirs at the next start.
    Column("marked", Boolean, nullable=False, server_default=text("0")),
)
Index(
    "sealing_proposal_waiting",
    sealing_proposal.c.node,
    sealing_proposal.c.urgent,
    sqlite_where=text("acknowledged = 0"),
)
Index("sealing_proposal_key", sealing_proposal.c.key)
Index("sealing_proposal_unmarked", sealing_proposal.c.key, sqlite_where=text("marked = 0"))

sealing_word = Table(
    "sealing_word",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("node", String(64), primary_key=True),
    Column("stance", Integer, primary_key=True, autoincrement=False),
    Column("proposer", String(128), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("told", Boolean, nullable=False),
)
Index("sealing_word_waiting", sealing_word.c.proposer, sqlite_where=text("told = 0"))

sealing_mark = Table(
    "sealing_mark",
    metadata,
    Column("mark", LargeBinary(16), primary_key=True),
    # The proposal it belongs to, whichever nodes that is addressed to.
    Column("key", String(32), primary_key=True),
    sqlite_with_rowid=False,
)
Index("sealing_mark_key", sealing_mark.c.key)
