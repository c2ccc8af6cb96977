"""The officers of the node's own member."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "officer",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("person", sa.LargeBinary(16), nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("officer_person", "officer", ["person"], unique=True, sqlite_where=sa.text("removed = 0"))
