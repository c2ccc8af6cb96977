"""Submissions, notices, deliveries, receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of the relay."""
    op.create_table(
        "submission",
        sa.Column("submission_id", sa.Integer, primary_key=True),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("accepted_at", sa.String(27), nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("acceptance", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notice",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("submission_id", sa.Integer, sa.ForeignKey("submission.submission_id"), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("late_days", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("notice_sender", "notice", ["sender", "submission_id"])
    op.create_table(
        "delivery",
        sa.Column("delivery_id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), sa.ForeignKey("notice.digest"), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("addressing", sa.Integer, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("judgment_key", sa.LargeBinary(16)),
        sa.Column("person_key", sa.LargeBinary(16), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("delivery_once", "delivery", ["digest", "node"], unique=True)
    op.create_index(
        "delivery_retried",
        "delivery",
        ["node", "next_at"],
        sqlite_where=sa.text("state = 1 AND attempts > 0"),
    )
    op.create_index("delivery_due", "delivery", ["node", "state", "delivery_id"])
    op.create_table(
        "receipt_page",
        sa.Column("page_id", sa.Integer, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "receipt",
        sa.Column("digest", sa.LargeBinary(32), sa.ForeignKey("notice.digest"), primary_key=True),
        sa.Column("page_id", sa.Integer, sa.ForeignKey("receipt_page.page_id"), primary_key=True),
        sa.Column("stage", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
