"""Runs over all records, and what they moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables, empty: the run of the day begins with its dry run."""
    op.create_table(
        "sealing_run",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("place", sa.String(8), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sealing_run_move",
        sa.Column("run", sa.String(16), primary_key=True),
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("before", sa.String(10), nullable=False),
        sa.Column("after", sa.String(10), nullable=False),
        sqlite_with_rowid=False,
    )
