"""The state of a log that went back, acceptances of it, and which gateways have them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "went_back",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("known_by", sa.String(140), nullable=False),
        sa.Column("found_at", sa.String(27), nullable=False),
        sa.Column("last_entry_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "log_acceptance",
        sa.Column("accepted_at", sa.String(27), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "acceptance_taken",
        sa.Column("gateway", sa.String(140), primary_key=True),
        sa.Column("accepted_at", sa.String(27), nullable=False),
    )
