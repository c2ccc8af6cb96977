"""Marks of the persons that waiting proposals concern, and which proposals are delivered first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table of marks; bodies are encrypted, so waiting proposals get their marks at the next start."""
    op.create_table(
        "sealing_mark",
        sa.Column("mark", sa.LargeBinary(16), primary_key=True),
        sa.Column("key", sa.String(32), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("sealing_mark_key", "sealing_mark", ["key"])
    for name in ("urgent", "marked"):
        op.add_column(
            "sealing_proposal", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.text("0"))
        )
    op.execute("UPDATE sealing_proposal SET marked = 1 WHERE acknowledged = 1")
    op.drop_index("sealing_proposal_waiting", "sealing_proposal")
    op.create_index(
        "sealing_proposal_waiting",
        "sealing_proposal",
        ["node", "urgent"],
        sqlite_where=sa.text("acknowledged = 0"),
    )
    op.create_index("sealing_proposal_key", "sealing_proposal", ["key"])
    op.create_index(
        "sealing_proposal_unmarked", "sealing_proposal", ["key"], sqlite_where=sa.text("marked = 0")
    )
