"""Inbox, notified records, moved persons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of intake."""
    op.create_table(
        "inbox",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("stage", sa.Integer, nullable=False),
        sa.Column("late_days", sa.Integer, nullable=False),
        sa.Column("receipt", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sqlite_with_rowid=False,
    )
    op.create_index("inbox_stage", "inbox", ["stage", "digest"])
    op.create_table(
        "notified",
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "moved",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("division", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
