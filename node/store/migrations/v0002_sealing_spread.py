"""Records sealed here of which the other holders have yet to learn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of seals to spread."""
    op.create_table(
        "sealing_spread",
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
