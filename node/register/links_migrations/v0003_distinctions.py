"""Decisions that a record is not a certain person's: pairs of tokens, and the steps of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create both tables, empty."""
    op.create_table(
        "distinction",
        sa.Column("person", sa.LargeBinary(16), primary_key=True),
        sa.Column("record", sa.LargeBinary(16), primary_key=True),
        sa.Column("distinction_id", sa.LargeBinary(16), nullable=False, unique=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "distinction_event",
        sa.Column("distinction_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
