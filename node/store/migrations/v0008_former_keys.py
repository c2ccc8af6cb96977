"""Former data keys: versions of a record after its sealing have a key of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table of former keys, empty: records of before have one key for all their versions."""
    op.create_table(
        "former_key",
        sa.Column("record_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
