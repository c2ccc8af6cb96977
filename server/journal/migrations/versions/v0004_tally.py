"""The tally: amounts of rows by bucket, their changes, and a MAC of both with the log. A node fills it at its start."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables of the tally, empty."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "tally_amount",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("bucket", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally_change",
        sa.Column("number", number, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "tally_head",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("log_size", number, nullable=False),
        sa.Column("mac", sa.LargeBinary(32), nullable=False),
    )
