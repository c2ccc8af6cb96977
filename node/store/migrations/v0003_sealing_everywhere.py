"""Proposals made and received, acknowledgements, holds, objections, and runs over all records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables by which a seal reaches every copy, also those entered later."""
    op.create_table(
        "sealing_proposed",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("proposal_id", sa.String(32), nullable=False),
        sa.Column("record_id", sa.LargeBinary(16), nullable=False),
        sa.Column("content", sa.LargeBinary(16), nullable=False),
        sa.Column("proposed_at", sa.String(27), nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
    )
    op.create_index("ix_sealing_proposed_record_id", "sealing_proposed", ["record_id"])
    op.create_table("sealing_told", sa.Column("node", sa.String(64), primary_key=True))
    op.create_table(
        "sealing_acknowledgement",
        sa.Column("key", sa.String(32), sa.ForeignKey("sealing_proposed.key"), primary_key=True),
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("stance", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "sealing_received",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("proposal_id", sa.String(32), nullable=False),
        sa.Column("proposer", sa.String(128), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("knows_number", sa.Boolean, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sealing_watch",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("key", sa.String(32), sa.ForeignKey("sealing_received.key"), primary_key=True),
        sa.Column("by_number", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("sealing_watch_key", "sealing_watch", ["key"])
    op.create_table(
        "sealing_hold",
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("key", sa.String(32), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sealing_hold_key", "sealing_hold", ["key"])
    op.create_table(
        "sealing_objection",
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "resealing",
        sa.Column("profile", sa.String(64), primary_key=True),
        sa.Column("after", sa.LargeBinary(16), nullable=False),
        sa.Column("report", sa.LargeBinary, nullable=False),
        sa.Column("finished_at", sa.String(27), nullable=False),
    )
