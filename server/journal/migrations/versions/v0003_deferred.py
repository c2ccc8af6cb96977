"""Events about seals on their way, which wait for the entry that collects them at the next fixed time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables of deferred events."""
    op.create_table(
        "log_deferred",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("leaf", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed_body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "log_deferred_once",
        sa.Column("once", sa.LargeBinary, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("via", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("log_collected", sa.Column("fixed_at", sa.String, primary_key=True))
