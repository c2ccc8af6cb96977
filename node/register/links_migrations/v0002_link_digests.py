"""The digests behind linked tokens; those of earlier merges are filled in when the node starts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of digests."""
    op.create_table(
        "person_link_digest",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
