"""The tables of notices at a gateway: notices handed in, their deliveries, every receipt. Bodies are encrypted."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    cast,
    exists,
    func,
    or_,
    text,
)

from federation.v1 import notice_pb2
from server.journal.migrating import Schema

metadata = MetaData()

#: One signed page of one sender, and the signed receipts it got.
submission = Table(
    "submission",
    metadata,
    Column("submission_id", Integer, primary_key=True),
    Column("sender", String(64), nullable=False),
    Column("accepted_at", String(27), nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("acceptance", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

#: An accepted notice, by its digest.
notice = Table(
    "notice",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("submission_id", Integer, ForeignKey(submission.c.submission_id), nullable=False),
    Column("sender", String(64), nullable=False),
    Column("kind", Integer, nullable=False),
    Column("late_days", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index("notice_sender", notice.c.sender, notice.c.submission_id)

#: A notice on its way to one node.
delivery = Table(
    "delivery",
    metadata,
    Column("delivery_id", Integer, primary_key=True),
    Column("digest", LargeBinary(32), ForeignKey(notice.c.digest), nullable=False),
    Column("node", String(64), nullable=False),
    Column("addressing", Integer, nullable=False),
    Column("state", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    # Seconds since 1970, before which the delivery is not tried again.
    Column("next_at", Float, nullable=False),
    Column("reason", String(400), nullable=False),
    # Blind tokens: deliveries that share one stay in order.
    Column("judgment_key", LargeBinary(16)),
    Column("person_key", LargeBinary(16), nullable=False),
    # Whether officers of the node may still send a notice on that it has received.
    Column("awaited", Boolean, nullable=False, server_default="0"),
    # Whether the sender is shown this delivery: not where a notice was sent on that a node has received.
    Column("heard", Boolean, nullable=False, server_default="1"),
    # Seconds since 1970, until which the documents of a notice that was received stay here, however it is decided.
    Column("kept_until", Float, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
Index("delivery_once", delivery.c.digest, delivery.c.node, unique=True)
#: Index of deliveries that failed and wait to be tried again: few, however long the backlog.
Index(
    "delivery_retried",
    delivery.c.node,
    delivery.c.next_at,
    sqlite_where=text("state = 1 AND attempts > 0"),
)
Index("delivery_due", delivery.c.node, delivery.c.state, delivery.c.delivery_id)
#: Index for courts that compare their own list with the accepted notices.
Index("delivery_judgment", delivery.c.judgment_key)
#: Index of deliveries that their node may send on.
Index("delivery_awaited", delivery.c.node, delivery.c.delivery_id, sqlite_where=text("awaited = 1"))
#: Index of parked deliveries: few, and operators look for them.
Index("delivery_parked", delivery.c.delivery_id, sqlite_where=text("state = 4"))

#: A signed page of receipts from a node, and the notices that it names.
receipt_page = Table(
    "receipt_page",
    metadata,
    Column("page_id", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
receipt = Table(
    "receipt",
    metadata,
    Column("digest", LargeBinary(32), ForeignKey(notice.c.digest), primary_key=True),
    Column("page_id", Integer, ForeignKey(receipt_page.c.page_id), primary_key=True),
    Column("stage", Integer, nullable=False),
    sqlite_with_rowid=False,
)

SCHEMA = Schema("relay", Path(__file__).parent / "migrations", "0003")


def undelivered(digest: ColumnElement[bytes]) -> ColumnElement[bool]:
    """Return the clause that is true while the notice of that digest has a delivery under way, or may get another."""
    under_way = delivery.c.state != notice_pb2.DELIVERY_STATE_DELIVERED
    now = cast(func.strftime("%s", "now"), Integer)  # `unixepoch` is newer than some systems' SQLite
    return exists().where(delivery.c.digest == digest, or_(under_way, delivery.c.kept_until > now))
