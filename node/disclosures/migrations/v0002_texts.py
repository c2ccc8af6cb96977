"""Of which judgment's offenders a text in the answer may tell: it is recalled when one of them is sealed (R41, R45)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table; of answers of before it is not known whether they showed such a text."""
    op.create_table(
        "disclosure_text",
        sa.Column("judgment", sa.LargeBinary(16), primary_key=True),
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("request", sa.LargeBinary(32), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
