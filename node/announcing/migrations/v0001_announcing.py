"""Announcements of applications: those on their way, and whom they speak of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of announcements."""
    op.create_table(
        "announcement_waiting",
        sa.Column("application", sa.String(120), primary_key=True),
        sa.Column("release_on", sa.String(10), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "announcement_awaited",
        sa.Column("application", sa.String(120), primary_key=True),
        sa.Column("node", sa.String(64), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "announced",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("application", sa.String(120), primary_key=True),
        sa.Column("release_on", sa.String(10), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("announced_application", "announced", ["application"])
    op.create_index("announced_release", "announced", ["release_on"])
