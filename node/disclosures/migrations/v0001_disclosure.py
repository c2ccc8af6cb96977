"""Which record was disclosed in which answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table of disclosures."""
    op.create_table(
        "disclosure",
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("request", sa.LargeBinary(32), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("via", sa.String(140), nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("disclosure_superseded", "disclosure", ["via"], sqlite_where=sa.text("state = 1"))
