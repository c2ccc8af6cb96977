"""Find the documents that can be deleted: carried to every node that needs them, or abandoned by their sender."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from sqlalchemy import ColumnElement, and_, delete, exists, select, text

from federation.v1 import stored_document_pb2 as pb
from gateway.documents import schema
from gateway.documents.kept import KeptDocument, KeptDocuments
from gateway.documents.naming_store import CLAIMED
from server.journal.work import View, Work

#: Gives the clause that is true while a notice, by its digest, has deliveries under way.
Undelivered: TypeAlias = Callable[[ColumnElement[bytes]], ColumnElement[bool]]
_PAGE = 500
_D, _N, _C, _R = schema.document, schema.naming, schema.carriage, schema.receipt
_UNDER_WAY = exists().where(
    _C.c.token == _D.c.token,
    _C.c.state.in_((pb.CARRIAGE_STATE_WAITING, pb.CARRIAGE_STATE_PARKED)),
)
_NAMED = exists().where(_N.c.token == _D.c.token)


class ClearingStore:
    """Finds documents that can be deleted, and deletes their rows."""

    def __init__(self, *, documents: KeptDocuments, undelivered: Undelivered) -> None:
        self._documents = documents
        named = exists().where(_N.c.token == _D.c.token, _N.c.settled.is_(False), undelivered(_N.c.notice))
        # With a literal, so that SQLite uses the index of whole documents.
        self._settled = select(_D.c.token).where(
            and_(text("carried_document.state = 3"), CLAIMED, ~_UNDER_WAY, ~named)
        )

    def settled(self, view: View, most: int) -> list[KeptDocument]:
        """Return at most `most` whole documents that have reached every node that needs them."""
        tokens = view.execute(self._settled.limit(most)).scalars().all()
        return [kept for t in tokens if (kept := self._documents.find(view, t))]

    def still_settled(self, view: View, tokens: Sequence[bytes]) -> set[bytes]:
        """Return those of `tokens` whose documents have reached every node that needs them."""
        found = view.execute(self._settled.where(_D.c.token.in_(tokens))).scalars()
        return {bytes(token) for token in found}

    def abandoned(
        self, view: View, *, stale: float, unclaimed: float, among: Sequence[bytes] | None = None
    ) -> dict[bytes, int]:
        """Return the state, by token, of abandoned documents: not in use, and claimed by no notice.

        An upload is abandoned when it was last touched before `stale`, a whole document when it was last touched
        before `unclaimed`, both in seconds since 1970. With `among`, only these documents are looked at.
        """
        old = select(_D.c.token, _D.c.state).where(
            ~CLAIMED,
            (_D.c.state == pb.DOCUMENT_STATE_PARTLY) & (_D.c.touched_at < stale)
            | (_D.c.state == pb.DOCUMENT_STATE_HELD) & (_D.c.touched_at < unclaimed),
        )
        if among is not None:
            old = old.where(_D.c.token.in_(among))
        return {bytes(row.token): row.state for row in view.execute(old)}

    def states(self, view: View, tokens: Sequence[bytes]) -> dict[bytes, int]:
        """Return the states of documents, by token; unknown documents are left out."""
        found: dict[bytes, int] = {}
        for start in range(0, len(tokens), _PAGE):
            query = select(_D.c.token, _D.c.state).where(_D.c.token.in_(tokens[start : start + _PAGE]))
            found |= {bytes(token): state for token, state in view.execute(query)}
        return found

    def forget(self, work: Work, token: bytes) -> None:
        """Delete a document with its receipts, unless a notice names it: its sender may still ask for its path."""
        work.view.execute(delete(_D).where(_D.c.token == token, ~_NAMED))
        known = exists().where(_D.c.token == _R.c.token)
        work.view.execute(delete(_R).where(_R.c.token == token, ~known))
