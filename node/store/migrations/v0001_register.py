"""The register: events, open rows, sealed rows, withdrawn rows, quarantine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of the register."""
    op.create_table(
        "record_event",
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    for state in ("open", "sealed"):
        extra = [sa.Column("status", sa.String(10), nullable=False)] if state == "sealed" else []
        op.create_table(
            f"{state}_record",
            sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
            sa.Column("version", sa.Integer, nullable=False),
            sa.Column("conviction", sa.LargeBinary(16), nullable=False, unique=True),
            sa.Column("content", sa.LargeBinary(16), nullable=False),
            sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
            sa.Column("entered_at", sa.String(27), nullable=False),
            sa.Column("entry", sa.LargeBinary(32), nullable=False),
            *extra,
            sqlite_with_rowid=False,
        )
        op.create_table(
            f"{state}_token",
            sa.Column("token", sa.LargeBinary(16), primary_key=True),
            sa.Column(
                "record_id", sa.LargeBinary(16), sa.ForeignKey(f"{state}_record.record_id"), primary_key=True
            ),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "withdrawn_record",
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"""CREATE TRIGGER record_event_no_{verb.lower()} BEFORE {verb} ON record_event
                BEGIN SELECT RAISE(ABORT, 'record_event is insert-only'); END"""
        )
