"""Which notice entered or superseded a record: a different one about the same judgment is a conflict."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert, select

from node.intake.schema import notified
from server.journal.work import View, Work


def by_notice(view: View, record_id: bytes) -> bool:
    """Return whether a notice entered or superseded the record."""
    query = select(notified.c.digest).where(notified.c.record_id == record_id)
    return view.execute(query).one_or_none() is not None


def note(work: Work, notices: Mapping[bytes, bytes]) -> None:
    """Remember which notice (by its digest) entered or superseded each record (by its id)."""
    rows = [{"record_id": record_id, "digest": digest} for record_id, digest in notices.items()]
    if rows:
        work.view.execute(insert(notified).prefix_with("OR REPLACE"), rows)
