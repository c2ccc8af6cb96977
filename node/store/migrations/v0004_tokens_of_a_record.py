"""Find the tokens of one record without reading those of all records: each change of a record needs its own."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Index the token tables by record."""
    for name in ("open_token", "sealed_token"):
        op.create_index(f"ix_{name}_record_id", name, ["record_id"])
