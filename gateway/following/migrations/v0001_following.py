"""Answers that disclosed records, recalls with their causes, discrepancies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of disclosures, recalls and discrepancies."""
    op.create_table(
        "told_answer",
        sa.Column("request", sa.LargeBinary(32), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recall",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("recall_id", sa.String(32), nullable=False, unique=True),
        sa.Column("request", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("member", sa.String(64), nullable=False),
        sa.Column("due_on", sa.String(10), nullable=False),
        sa.Column("read_at", sa.String(27), nullable=False),
        sa.Column("acknowledged_at", sa.String(27), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("receipt", sa.LargeBinary),
        sqlite_autoincrement=True,
    )
    op.create_index("recall_member", "recall", ["member", "acknowledged_at", "number"])
    op.create_table(
        "recall_cause",
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, sa.ForeignKey("recall.number"), primary_key=True),
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "discrepancy",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("sent", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("discrepancy_waiting", "discrepancy", ["sent"])
