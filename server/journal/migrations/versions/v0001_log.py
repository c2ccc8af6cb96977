"""The log and its checkpoints, insert-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of the log."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "log_entry",
        sa.Column("idx", number, primary_key=True, autoincrement=False),
        sa.Column("subtrees", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed_body", sa.LargeBinary, nullable=False),
        sa.Column("once", sa.LargeBinary),
        sa.Column("attempt", sa.Integer),
        sa.Column("via", sa.LargeBinary),
    )
    op.create_index("log_entry_once", "log_entry", ["once", "attempt"], unique=True)
    op.create_index("log_entry_leaf", "log_entry", ["leaf"], unique=True)
    op.create_table(
        "log_checkpoint",
        sa.Column("size", number, primary_key=True, autoincrement=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
    )
    for table in ("log_entry", "log_checkpoint"):
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
                    BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"""
            )
