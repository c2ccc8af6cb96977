"""The purpose of an application, since not each of them searches every class of record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; announcements of before may search every class."""
    op.add_column("announced", sa.Column("purpose", sa.Integer, nullable=False, server_default="0"))
