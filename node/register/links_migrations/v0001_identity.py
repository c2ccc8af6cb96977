"""Merges of registrations, and the links they make."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of merged persons."""
    op.create_table(
        "merge_event",
        sa.Column("merge_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_link",
        sa.Column("merge_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("linked", sa.LargeBinary(16), primary_key=True),
        sqlite_with_rowid=False,
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"""CREATE TRIGGER merge_event_no_{verb.lower()} BEFORE {verb} ON merge_event
                BEGIN SELECT RAISE(ABORT, 'merge_event is insert-only'); END"""
        )
