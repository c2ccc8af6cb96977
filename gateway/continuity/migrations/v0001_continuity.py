"""The highest head of each node's log, and agencies' acceptances of logs that went back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "node_head",
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("accepted_at", sa.String(27), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("signed_at", sa.String(27), nullable=False),
        sa.Column("page", sa.LargeBinary, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "log_acceptance",
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("accepted_at", sa.String(27), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
