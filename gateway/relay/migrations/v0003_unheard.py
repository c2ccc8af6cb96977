"""Deliveries of which the sender hears no more: whether a node may send them on, and since when they are not shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns, and the index of deliveries that a node may send on."""
    for name, kind, value in (
        ("awaited", sa.Boolean, "0"),
        ("heard", sa.Boolean, "1"),
        ("kept_until", sa.Float, "0"),
    ):
        op.add_column("delivery", sa.Column(name, kind, nullable=False, server_default=value))
    op.create_index(
        "delivery_awaited", "delivery", ["node", "delivery_id"], sqlite_where=sa.text("awaited = 1")
    )
