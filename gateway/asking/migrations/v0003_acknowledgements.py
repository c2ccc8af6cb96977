"""The proposer of each proposal, and nodes' acknowledgements on their way to the proposers.

Proposals of the earlier form are dropped: every node proposes its seals again when it starts under this program.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Name the proposer of a proposal; keep acknowledgements and objections until they are delivered."""
    op.drop_table("sealing_proposal")
    op.create_table(
        "sealing_proposal",
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("proposer", sa.String(128), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("acknowledged", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sealing_word",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("stance", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("proposer", sa.String(128), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
    )
