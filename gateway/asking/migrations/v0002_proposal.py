"""Sealing proposals to holders, kept until each has acknowledged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of sealing proposals."""
    op.create_table(
        "sealing_proposal",
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("proposal_id", sa.String(32), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("acknowledged", sa.Boolean, nullable=False),
    )
