"""What nodes turned away again and again: shown to the gateway's own officers, and delivered again when they say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Connection, Table, select, text, update

from federation.errors import FieldViolation, InvalidRequest, NotFound
from federation.evidence.entry import EntryKind, Value
from federation.record.validate import text_violations
from federation.v1 import notice_pb2
from federation.v1 import parked_pb2 as pb
from federation.v1 import stored_document_pb2 as documents_pb
from federation.values.clock import stamp
from gateway.documents import schema as documents
from gateway.documents.shelf import Shelf
from gateway.relay import schema
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act

#: Items in one page.
MOST_ITEMS = 200
_D, _N, _C = schema.delivery, schema.notice, documents.carriage
#: In words of its own, so that SQLite uses the index of what is parked.
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
#: Parked and waiting, in the words of each table.
_STATES = {
    _D: (int(notice_pb2.DELIVERY_STATE_PARKED), int(notice_pb2.DELIVERY_STATE_WAITING)),
    _C: (int(documents_pb.CARRIAGE_STATE_PARKED), int(documents_pb.CARRIAGE_STATE_WAITING)),
}
_AFRESH = {"attempts": 0, "next_at": 0.0, "reason": ""}


class Parked:
    """The desk for what is parked at one gateway."""

    def __init__(
        self,
        *,
        journal: Journal,
        shelf: Shelf,
        now: Callable[[], datetime],
        notices: Callable[[frozenset[str]], None],
        documents: Callable[[frozenset[str]], None],
    ) -> None:
        """`notices` and `documents` hear, after the commit, of the nodes to which something goes again."""
        self._journal = journal
        self._shelf = shelf
        self._now = now
        self._wake_notices = notices
        self._wake_documents = documents

    def listed(self, page: pb.ParkedPage, act: Act) -> tuple[list[pb.ParkedItem], bool]:
        """Return what is parked, and whether there is more; looking is logged."""
        if not 1 <= page.limit <= MOST_ITEMS:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_ITEMS}")

        def command(work: Work) -> list[list[pb.ParkedItem]]:
            found = [
                [*self._notices(work.view, page)],
                [*self._documents(work.view, page)],
            ]
            self._log(work, EntryKind.PARKED_SHOWN, act, items=sum(map(len, found)))
            return found

        found = self._journal.run(command, onces=[act.once]).value
        items = [item for each in found for item in each[: page.limit]]
        return items, any(len(each) > page.limit for each in found)

    def again(self, wanted: pb.ParkedAgain, act: Act) -> list[pb.ParkedItem]:
        """Put items on their way again; return those that were parked. Durable and logged when this returns."""
        faults = [*_faults(wanted)]
        if faults:
            raise InvalidRequest(faults)

        def command(work: Work) -> list[pb.ParkedItem]:
            moved = [item for item in wanted.items if self._move(work.view, item)]
            names = [f"{i.node} {i.WhichOneof('what')} {(i.notice or i.document).hex()}" for i in moved]
            self._log(work, EntryKind.PARKED_AGAIN, act, items=names, reason=wanted.reason)
            return moved

        moved = self._journal.run(command, onces=[act.once]).value
        self._wake_notices(frozenset(item.node for item in moved if item.notice))
        self._wake_documents(frozenset(item.node for item in moved if item.document))
        return moved

    def _notices(self, connection: Connection, page: pb.ParkedPage) -> Iterator[pb.ParkedItem]:
        query = _NOTICES.where(_D.c.node == page.node) if page.node else _NOTICES
        for row in connection.execute(query.limit(page.limit + 1)):
            yield pb.ParkedItem(node=row.node, sender=row.sender, notice=bytes(row.digest), reason=row.reason)

    def _documents(self, connection: Connection, page: pb.ParkedPage) -> Iterator[pb.ParkedItem]:
        query = _DOCUMENTS.where(_C.c.node == page.node) if page.node else _DOCUMENTS
        for row in connection.execute(query.limit(page.limit + 1)).all():
            kept = self._shelf.find(connection, bytes(row.token))
            if kept is not None:
                yield pb.ParkedItem(
                    node=row.node,
                    sender=kept.sender,
                    document=kept.berth.content.sha256,
                    reason=row.reason,
                )

    def _move(self, connection: Connection, item: pb.ParkedItem) -> bool:
        """Put one on its way if it is parked; raises `NotFound` for what never was on its way there."""
        table: Table
        if item.notice:
            table, its = _D, (_D.c.digest == item.notice) & (_D.c.node == item.node)
        else:
            token = self._shelf.token(item.sender, item.document)
            table, its = _C, (_C.c.token == token) & (_C.c.node == item.node)
        parked, waiting = _STATES[table]
        moved = connection.execute(
            update(table).where(its, table.c.state == parked).values(state=waiting, **_AFRESH)
        ).rowcount
        if not moved and connection.execute(select(table.c.node).where(its)).first() is None:
            what = (item.notice or item.document).hex()
            raise NotFound(f"no {item.WhichOneof('what')} {what} of {item.sender} was due for {item.node}")
        return bool(moved)

    def _log(self, work: Work, kind: EntryKind, act: Act, **fields: Value) -> None:
        act.insist_first(work)
        act.log(work, kind, at=stamp(self._now()), **fields)


def _faults(wanted: pb.ParkedAgain) -> Iterator[FieldViolation]:
    if not 1 <= len(wanted.items) <= MOST_ITEMS:
        yield FieldViolation("items", "SIZE", f"name 1 to {MOST_ITEMS}: send more in further requests")
    for number, item in enumerate(wanted.items[:MOST_ITEMS]):
        if len(item.notice or item.document) != 32:
            yield FieldViolation(f"items[{number}]", "FORMAT", "name a notice or a document by its SHA-256")
        yield from text_violations(f"items[{number}].node", item.node, limit=64)
        yield from text_violations(f"items[{number}].sender", item.sender, limit=64)
    if not wanted.reason:
        yield FieldViolation("reason", "R66", "say what was mended, or why it should go through now")
    yield from text_violations("reason", wanted.reason)
