"""Documents and the shares of their keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of documents."""
    op.create_table(
        "stored_document",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("arrived_at", sa.String(27)),
        sa.Column("entry", sa.LargeBinary(32)),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "document_share",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("holder", sa.LargeBinary(32), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("document_share_holder", "document_share", ["holder"])
