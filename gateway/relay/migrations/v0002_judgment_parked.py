"""Indexes of deliveries by judgment, for reconciling, and of those that are parked, for operators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the indexes."""
    op.create_index("delivery_judgment", "delivery", ["judgment_key"])
    op.create_index("delivery_parked", "delivery", ["delivery_id"], sqlite_where=sa.text("state = 4"))
