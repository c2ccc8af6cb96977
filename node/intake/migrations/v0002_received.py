"""The receipts that senders keep though officers have decided, and the wrong numbers of each sender."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column and create the table."""
    op.add_column("inbox", sa.Column("given", sa.LargeBinary))
    op.create_table(
        "wrong_number",
        sa.Column("sender", sa.String(64), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("notices", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
