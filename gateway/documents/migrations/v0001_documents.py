"""Documents, which notices name them, and their carriages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of documents."""
    op.create_table(
        "carried_document",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("touched_at", sa.Float, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("carried_document_sender", "carried_document", ["sender", "state"])
    op.create_table(
        "carried_naming",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("notice", sa.LargeBinary(32), primary_key=True),
        sa.Column("settled", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("carried_naming_notice", "carried_naming", ["notice"])
    op.create_table(
        "carriage",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("carriage_due", "carriage", ["node", "state"])
    op.create_table(
        "carried_receipt",
        sa.Column("receipt_id", sa.Integer, primary_key=True),
        sa.Column("token", sa.LargeBinary(16), nullable=False),
        sa.Column("stage", sa.Integer, nullable=False),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("carried_receipt_token", "carried_receipt", ["token"])
