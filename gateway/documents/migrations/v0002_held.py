"""An index of the documents that are whole: few, however many were carried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the index."""
    op.create_index("carried_document_held", "carried_document", ["token"], sqlite_where=sa.text("state = 3"))
