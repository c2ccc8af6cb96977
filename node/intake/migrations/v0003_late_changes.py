"""The tokens of notices in a person's favour; those that wait already get theirs at the next start."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column and create the table."""
    op.add_column("inbox", sa.Column("favours", sa.Integer))
    op.create_table(
        "late_change",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sqlite_with_rowid=False,
    )
