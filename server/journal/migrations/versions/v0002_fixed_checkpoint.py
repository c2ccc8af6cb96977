"""The checkpoint of the last fixed time, which members get who are no witnesses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of one row."""
    op.create_table(
        "fixed_checkpoint",
        sa.Column("fixed_at", sa.String, primary_key=True),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
    )
