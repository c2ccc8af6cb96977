"""The store of recalls as their members read and acknowledge them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import Row, Select, bindparam, select, update

from federation.v1 import recall_pb2
from federation.v1.envelope_pb2 import Envelope
from gateway.following.kept_recalls import KeptRecall, RecallRange
from gateway.following.schema import recall
from gateway.prepared import Prepared
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

_READ = update(recall).where(recall.c.number == bindparam("its"), recall.c.read_at == "")
_ACKNOWLEDGED = update(recall).where(recall.c.number == bindparam("its"), recall.c.acknowledged_at == "")
_Selected = TypeVar("_Selected", bound=Select[tuple[object, ...]])


class MemberRecallStore:
    """Gives each member its own recalls, and keeps its signed acknowledgements."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def page(self, view: View, member: str, page: RecallRange) -> list[KeptRecall]:
        """Return a page of the recalls of `member`."""
        query = paged(select(recall).where(recall.c.member == member), page)
        return [kept(row) for row in view.execute(query).all()]

    def named(self, view: View, member: str, recall_ids: Collection[str]) -> dict[str, KeptRecall]:
        """Return those of `recall_ids` that are recalls of `member`, by id."""
        query = select(recall).where(recall.c.member == member, recall.c.recall_id.in_(recall_ids))
        return {row.recall_id: kept(row) for row in view.execute(query)}

    def mark_read(self, work: Work, numbers: Collection[int], at: str) -> None:
        """Note when recalls were first read."""
        if numbers:
            work.view.execute(_READ.values(read_at=at), [{"its": number} for number in numbers])

    def prepared(self, its: KeptRecall, acknowledgement: Envelope) -> Prepared[KeptRecall]:
        """Return the receipt of a recall encrypted, for `acknowledge`: to be made before the transaction."""
        body = self._box.lock(acknowledgement.SerializeToString(), b"acknowledgement" + its.request)
        return Prepared(its, {"receipt": body})

    def acknowledge(self, work: Work, its: KeptRecall, receipt: Prepared[KeptRecall], at: str) -> None:
        """Keep the first receipt of a recall; an acknowledged recall counts as read."""
        values = receipt.row | {"acknowledged_at": at, "read_at": its.read_at or at}
        work.view.execute(_ACKNOWLEDGED.values(**values), {"its": its.number})

    def opened(self, its: KeptRecall) -> recall_pb2.Recall:
        """Return the decrypted recall, with its times; raises `Corrupt`."""
        clear = self._box.unlock(its.body, b"recall" + its.request)
        shown = recall_pb2.Recall.FromString(clear)
        shown.read_at, shown.acknowledged_at = its.read_at, its.acknowledged_at
        return shown


def paged(query: _Selected, page: RecallRange) -> _Selected:
    """Limit a query of recalls to a page."""
    if page.unacknowledged:
        query = query.where(recall.c.acknowledged_at == "")
    if page.due_before:
        query = query.where(recall.c.due_on < page.due_before)
    return query.where(recall.c.number > page.after).order_by(recall.c.number).limit(page.most)


def kept(row: Row[tuple[object, ...]]) -> KeptRecall:
    """Return the recall of a row, its content still encrypted."""
    return KeptRecall(
        number=row.number,
        recall_id=row.recall_id,
        request=bytes(row.request),
        member=row.member,
        due_on=row.due_on,
        read_at=row.read_at,
        acknowledged_at=row.acknowledged_at,
        body=bytes(row.body),
        receipt=None if row.receipt is None else bytes(row.receipt),
    )
