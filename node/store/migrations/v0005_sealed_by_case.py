"""Sealed records are found by their judgment too; the run over all records adds this for those stored before."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Let every record be judged again."""
    op.execute("DELETE FROM resealing")
