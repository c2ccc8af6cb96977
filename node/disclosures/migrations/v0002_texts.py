"""Of which judgment's offenders a text in the answer may tell: it is recalled when one of them is sealed (R41, R45)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; of answers of before it is not known whether they showed such a text."""
    op.add_column("disclosure", sa.Column("judgment", sa.LargeBinary(16)))
    op.create_index(
        "disclosure_text", "disclosure", ["judgment"], sqlite_where=sa.text("judgment IS NOT NULL")
    )
