"""Indexes of waiting proposals and acknowledgements, so that finding them reads no others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Index proposals that wait for a node, and acknowledgements that wait for their proposer."""
    op.create_index(
        "sealing_proposal_waiting", "sealing_proposal", ["node"], sqlite_where=sa.text("acknowledged = 0")
    )
    op.create_index("sealing_word_waiting", "sealing_word", ["proposer"], sqlite_where=sa.text("told = 0"))
