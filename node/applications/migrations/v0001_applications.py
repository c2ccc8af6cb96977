"""Applications, their steps, the tokens that count them, and the documents they issue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of applications."""
    op.create_table(
        "application",
        sa.Column("number", sa.String(120), primary_key=True),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("verifying", sa.Integer, nullable=False),
        sa.Column("submitted_on", sa.String(10), nullable=False),
        sa.Column("due_on", sa.String(10), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    )
    op.create_index("application_serial", "application", ["year", "serial"], unique=True)
    op.create_table(
        "application_event",
        sa.Column("number", sa.String(120), sa.ForeignKey("application.number"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "application_token",
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.String(120), sa.ForeignKey("application.number"), primary_key=True),
    )
    op.create_table(
        "application_document",
        sa.Column("number", sa.String(128), primary_key=True),
        sa.Column("application", sa.String(120), sa.ForeignKey("application.number"), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("check", sa.LargeBinary(16), nullable=False),
        sa.Column("issued_on", sa.String(10), nullable=False),
        sa.Column("valid_until", sa.String(10), nullable=False),
        sa.Column("collect_until", sa.String(10), nullable=False),
        sa.Column("superseded_by", sa.String(128), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("application_document_of", "application_document", ["application"])
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"""CREATE TRIGGER application_event_no_{verb.lower()} BEFORE {verb} ON application_event
                BEGIN SELECT RAISE(ABORT, 'application_event is insert-only'); END"""
        )
