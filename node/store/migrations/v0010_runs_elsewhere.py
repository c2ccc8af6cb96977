"""Runs over all records have tables of their own (`node.sealing.schema`)."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Drop the progress of runs of earlier programs: the run of the day begins anew, and moves nothing twice."""
    op.execute("DROP TABLE IF EXISTS resealing")
