"""The store that makes recalls: one for each recalled answer, with the records that caused it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import notice_pb2, recall_pb2
from gateway.following.schema import recall, recall_cause
from gateway.prepared import Prepared
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

_NUMBER = select(recall.c.number)
_CAUSE = insert(recall_cause).on_conflict_do_nothing()
_NEW = insert(recall)


@dataclass(frozen=True, slots=True)
class Cause:
    """A record that a node superseded, and the recall that this causes unless the answer is already recalled."""

    node: str
    record_id: bytes
    member: str
    recall: recall_pb2.Recall


class RecallStore:
    """Keeps recalls; the member that received the answer reads them by `MemberRecallStore`."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def prepared(self, cause: Cause) -> Prepared[Cause]:
        """Return a recall encrypted, for `add`: to be made before the transaction."""
        made = cause.recall
        row: dict[str, object] = {
            "recall_id": made.recall_id,
            "request": made.request_digest,
            "member": cause.member,
            "due_on": made.due_on,
            "read_at": "",
            "acknowledged_at": "",
            "body": self._box.lock(made.SerializeToString(), b"recall" + made.request_digest),
        }
        return Prepared(cause, row)

    def add(self, work: Work, prepared: Prepared[Cause]) -> bool:
        """Recall the answer unless it already is, and keep the cause; return True if the recall is new."""
        cause = prepared.value
        query = _NUMBER.where(recall.c.request == cause.recall.request_digest)
        number = work.view.execute(query).scalar_one_or_none()
        new = number is None
        if number is None:
            inserted = work.view.execute(_NEW, prepared.row)
            number = int(inserted.inserted_primary_key[0])  # type: ignore[index]
        row = {"node": cause.node, "number": number, "record_id": cause.record_id}
        work.view.execute(_CAUSE, row)
        return new

    def figures(self, view: View, today: str) -> list[notice_pb2.RecallRow]:
        """Return how many recalls each member has, and how many are overdue on the day `today` (R66)."""
        late = (recall.c.acknowledged_at == "") & (recall.c.due_on < today)
        query = (
            select(
                recall.c.member,
                func.count(),
                func.sum(case((recall.c.acknowledged_at != "", 1), else_=0)),
                func.sum(case((late, 1), else_=0)),
            )
            .group_by(recall.c.member)
            .order_by(recall.c.member)
        )
        return [
            notice_pb2.RecallRow(member=m, recalls=n, acknowledged=int(done), overdue=int(over))
            for m, n, done, over in view.execute(query)
        ]
