"""The provision of an application, since not each of them covers every class of record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; announcements of before may search every class."""
    op.add_column("announced", sa.Column("basis", sa.String(64), nullable=False, server_default=""))
