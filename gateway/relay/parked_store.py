"""The store of parked notices and documents, which nodes refused repeatedly."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table, select, text, update

from federation.errors import NotFound
from federation.v1 import notice_pb2
from federation.v1 import parked_pb2 as pb
from federation.v1 import stored_document_pb2 as documents_pb
from gateway.documents import schema as documents_schema
from gateway.documents.kept import KeptDocuments
from gateway.relay import schema
from server.journal.work import View, Work

_D, _N, _C = schema.delivery, schema.notice, documents_schema.carriage
#: With a literal, so that SQLite uses the index of parked deliveries.
_NOTICES = (
    select(_D.c.node, _D.c.digest, _D.c.reason, _N.c.sender)
    .join(_N, _N.c.digest == _D.c.digest)
    .where(text("delivery.state = 4"))
    .order_by(_D.c.delivery_id)
)
_DOCUMENTS = (
    select(_C.c.node, _C.c.token, _C.c.reason)
    .where(_C.c.state == documents_pb.CARRIAGE_STATE_PARKED)
    .order_by(_C.c.token)
)
#: The numbers of "parked" and "waiting" in each table.
_STATES = {
    _D: (int(notice_pb2.DELIVERY_STATE_PARKED), int(notice_pb2.DELIVERY_STATE_WAITING)),
    _C: (int(documents_pb.CARRIAGE_STATE_PARKED), int(documents_pb.CARRIAGE_STATE_WAITING)),
}
_AFRESH = {"attempts": 0, "next_at": 0.0, "reason": ""}


class ParkedStore:
    """Lists parked items and sends them again."""

    def __init__(self, *, documents: KeptDocuments) -> None:
        self._documents = documents

    def notices(self, view: View, node: str, most: int) -> Iterator[pb.ParkedItem]:
        """Yield parked notices, of all nodes when `node` is empty, at most so many."""
        query = _NOTICES.where(_D.c.node == node) if node else _NOTICES
        for row in view.execute(query.limit(most)):
            yield pb.ParkedItem(node=row.node, sender=row.sender, notice=bytes(row.digest), reason=row.reason)

    def documents(self, view: View, node: str, most: int) -> Iterator[pb.ParkedItem]:
        """Yield parked documents, of all nodes when `node` is empty, at most so many."""
        query = _DOCUMENTS.where(_C.c.node == node) if node else _DOCUMENTS
        for row in view.execute(query.limit(most)).all():
            kept = self._documents.find(view, bytes(row.token))
            if kept is not None:
                yield pb.ParkedItem(
                    node=row.node,
                    sender=kept.sender,
                    document=kept.berth.content.sha256,
                    reason=row.reason,
                )

    def move(self, work: Work, item: pb.ParkedItem) -> bool:
        """Send one item again if it is parked; raises `NotFound` if it was never addressed to that node."""
        table: Table
        if item.notice:
            table, its = _D, (_D.c.digest == item.notice) & (_D.c.node == item.node)
        else:
            token = self._documents.token(item.sender, item.document)
            table, its = _C, (_C.c.token == token) & (_C.c.node == item.node)
        parked, waiting = _STATES[table]
        moved = work.view.execute(
            update(table).where(its, table.c.state == parked).values(state=waiting, **_AFRESH)
        ).rowcount
        if not moved and work.view.execute(select(table.c.node).where(its)).first() is None:
            what = (item.notice or item.document).hex()
            raise NotFound(f"no {item.WhichOneof('what')} {what} of {item.sender} was due for {item.node}")
        return bool(moved)
