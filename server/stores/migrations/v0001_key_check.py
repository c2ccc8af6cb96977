"""The check value of each secret key of the store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table of check values."""
    op.create_table(
        "key_check",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary(32), nullable=False),
        sa.Column("kept_at", sa.String(27), nullable=False),
    )
