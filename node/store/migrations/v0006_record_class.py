"""The class of every record (R64): those that are there already are criminal records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the class to the rows of open and sealed records."""
    for state in ("open", "sealed"):
        op.add_column(
            f"{state}_record",
            sa.Column("record_class", sa.String(16), nullable=False, server_default="criminal"),
        )
