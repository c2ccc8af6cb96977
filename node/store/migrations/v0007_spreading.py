"""Spreading proposals: the nodes and gateways that each still awaits, and the persons by whom it is found.

Every sealed record is looked at once more: a seal that some node has not acknowledged yet goes on spreading.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables of spreading seals, and look again at all sealed records."""
    for name in ("urgent", "again"):
        op.add_column(
            "sealing_spread", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
        )
    op.create_index("sealing_spread_urgent", "sealing_spread", ["urgent"])
    for name in ("withdrawing", "urgent"):
        op.add_column(
            "sealing_proposed", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
        )
    op.add_column("sealing_proposed", sa.Column("body", sa.LargeBinary))
    op.create_table(
        "sealing_awaited",
        sa.Column("key", sa.String(32), sa.ForeignKey("sealing_proposed.key"), primary_key=True),
        sa.Column("node", sa.String(64), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sealing_pending",
        sa.Column("gateway", sa.String(128), primary_key=True),
        sa.Column("key", sa.String(32), sa.ForeignKey("sealing_proposed.key"), primary_key=True),
        sa.Column("withdraws", sa.Boolean, primary_key=True),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("sealing_pending_first", "sealing_pending", ["gateway", "urgent"])
    op.create_index("sealing_pending_key", "sealing_pending", ["key"])
    op.create_table(
        "sealing_spreading",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("key", sa.String(32), sa.ForeignKey("sealing_proposed.key"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("sealing_spreading_key", "sealing_spreading", ["key"])
    op.create_table(
        "gateway_hold",
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("gateway", sa.String(128), nullable=False),
        sa.Column("held_at", sa.String(27), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_gateway_hold_gateway", "gateway_hold", ["gateway"])
    op.execute(
        """INSERT INTO sealing_spread (record_id, version)
           SELECT record_id, version FROM sealed_record WHERE status = 'SEALED'
           ON CONFLICT DO NOTHING"""
    )
