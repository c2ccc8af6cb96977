"""Read the path of each document for its sender: the notices that name it, its progress, and every receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from sqlalchemy import select

from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.documents import schema
from gateway.documents.kept import DocumentReceipts, KeptDocuments
from server.journal.work import View

#: Gives the nodes that the sender of notices, given by their digests, is not shown.
Unheard: TypeAlias = Callable[[View, Sequence[bytes]], frozenset[str]]
#: Paths of documents in one answer.
MOST_PATHS = 200
_D, _N, _C = schema.document, schema.naming, schema.carriage


class PathStore:
    """Reads the paths of documents; writes nothing."""

    def __init__(self, *, documents: KeptDocuments, receipts: DocumentReceipts, unheard: Unheard) -> None:
        """`unheard` gives the nodes that the sender is not shown for all of these notices."""
        self._documents = documents
        self._receipts = receipts
        self._unheard = unheard

    def paths(
        self, view: View, sender: str, documents: Sequence[bytes], notices: Sequence[bytes]
    ) -> list[pb.DocumentPath]:
        """Return the paths of a sender's documents, selected by SHA-256 or by the notices that name them."""
        tokens = {self._documents.token(sender, sha256): None for sha256 in documents}
        named = select(_N.c.token).join(_D, _D.c.token == _N.c.token)
        query = named.where(_N.c.notice.in_(list(notices)), _D.c.sender == sender)
        tokens |= {bytes(t): None for t in view.execute(query).scalars()}
        return [path for t in [*tokens][:MOST_PATHS] if (path := self._path(view, t)) is not None]

    def _path(self, view: View, token: bytes) -> pb.DocumentPath | None:
        kept = self._documents.find(view, token)
        if kept is None:
            return None
        notices = list(view.execute(select(_N.c.notice).where(_N.c.token == token)).scalars())
        unheard = self._unheard(view, notices)
        path = pb.DocumentPath(
            content=kept.berth.content,
            state=pb.DocumentState.ValueType(kept.state),
            notices=notices,
            receipts=[each for each in self._receipts.of(view, token) if _giver(each) not in unheard],
        )
        for row in view.execute(select(_C).where(_C.c.token == token).order_by(_C.c.node)):
            if row.node in unheard:
                continue
            path.carriages.add(node=row.node, state=row.state, attempts=row.attempts, reason=row.reason)
        return path


def _giver(receipt: Envelope) -> str:
    """Return the name of the installation that signed a receipt."""
    return pb.DocumentReceipt.FromString(receipt.payload).installation.rpartition("/")[2]
