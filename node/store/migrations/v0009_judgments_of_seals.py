"""Proposals name the judgment, so that other holders close texts that may name the sealed offender (R41)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Note that every sealed conviction is to be proposed to every node once more, with its judgment."""
    op.add_column("sealing_spread", sa.Column("judgment", sa.LargeBinary(16)))
    op.create_index("sealing_spread_judgment", "sealing_spread", ["judgment"])
    op.execute(
        """
        INSERT INTO sealing_spread (record_id, version, urgent, again)
        SELECT record_id, version, 0, 1 FROM sealed_record
        WHERE status = 'SEALED' AND record_class = 'criminal'
        ON CONFLICT (record_id, version) DO UPDATE SET again = 1
        """
    )
