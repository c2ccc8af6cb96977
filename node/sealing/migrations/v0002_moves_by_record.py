"""An index of what runs moved: these rows are counted by record, and a run may have moved millions."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the index."""
    op.create_index("sealing_run_move_record", "sealing_run_move", ["record_id"])
