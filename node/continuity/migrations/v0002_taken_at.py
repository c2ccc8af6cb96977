"""When this node took an acceptance, by its own clock: a head in the file beside the database may be older."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; acceptances of before have no such time, and settle no file."""
    op.add_column("log_acceptance", sa.Column("taken_at", sa.String(27)))
