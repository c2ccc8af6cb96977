"""The store of documents on their way to nodes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from gateway.documents import schema
from gateway.documents.document_store import kept_of
from gateway.documents.kept import DueDocument
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

_D, _N, _C = schema.document, schema.naming, schema.carriage
#: Outcomes of a notice at a node, by itself or by an officer, after which the node needs the notice's documents.
_WANTING = (
    notice_pb2.NOTICE_STAGE_REGISTERED,
    notice_pb2.NOTICE_STAGE_UNMATCHED,
    notice_pb2.NOTICE_STAGE_CONFLICT,
    notice_pb2.NOTICE_STAGE_RECEIVED,
)


class CarriageStore:
    """Keeps the nodes that each document goes to, and the progress there."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def want(self, work: Work, node: str, receipts: Sequence[notice_pb2.NoticeReceipt]) -> bool:
        """Have the documents of notices that `node` accepted carried there; say whether there are any."""
        taken = [r.notice for r in receipts if r.stage in _WANTING]
        query = select(_N.c.token).where(_N.c.notice.in_(taken), _N.c.settled.is_(False))
        tokens = set(work.view.execute(query).scalars()) if taken else set()
        for token in tokens:
            row = {"token": token, "node": node, "state": pb.CARRIAGE_STATE_WAITING}
            fresh = {"attempts": 0, "next_at": 0.0, "reason": ""}
            work.view.execute(
                insert(_C)
                .values(**row, **fresh)
                .on_conflict_do_update(index_elements=["token", "node"], set_=row | fresh)
            )
        return bool(tokens)

    def due(self, view: View, node: str, now: float) -> DueDocument | None:
        """Return a whole document that is due for `node`, or None; `now` is in seconds since 1970."""
        query = (
            select(_D, _C.c.attempts)
            .join(_C, _C.c.token == _D.c.token)
            .where(
                _C.c.node == node,
                _C.c.state == pb.CARRIAGE_STATE_WAITING,
                _C.c.next_at <= now,
                _D.c.state == pb.DOCUMENT_STATE_HELD,
            )
            .order_by(_C.c.attempts, _C.c.token)
            .limit(1)
        )
        row = view.execute(query).one_or_none()
        return None if row is None else DueDocument(kept_of(row, self._box), row.attempts)

    def waiting_nodes(self, view: View, token: bytes | None = None) -> frozenset[str]:
        """Return the nodes that any document waits for, or that the document of `token` waits for."""
        query = select(_C.c.node).where(_C.c.state == pb.CARRIAGE_STATE_WAITING).distinct()
        if token is not None:
            query = query.where(_C.c.token == token)
        return frozenset(view.execute(query).scalars())

    def change(
        self,
        work: Work,
        due: DueDocument,
        node: str,
        *,
        reason: str,
        state: int | None = None,
        attempts: int | None = None,
        next_at: float | None = None,
    ) -> None:
        """Record the progress of a carriage, and the reason; values that are None stay unchanged.

        `state` is a `CarriageState`; the next attempt is not before `next_at`, in seconds since 1970.
        """
        changed = {"state": state, "attempts": attempts, "next_at": next_at, "reason": reason}
        values = {name: value for name, value in changed.items() if value is not None}
        token = due.kept.token
        work.view.execute(update(_C).where(_C.c.token == token, _C.c.node == node).values(**values))
