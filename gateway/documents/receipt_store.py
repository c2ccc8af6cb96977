"""The store of signed receipts for documents, of this gateway and of nodes. Encrypted."""

from __future__ import annotations

from sqlalchemy import insert, select

from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.documents import schema
from gateway.prepared import Prepared
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

_R = schema.receipt


class DocumentReceiptStore:
    """Keeps every receipt of a document."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def prepared(self, token: bytes, stage: int, envelope: Envelope, *, own: bool) -> Prepared[Envelope]:
        """Return a receipt of this gateway (`own`) or of a node, encrypted, for `keep`."""
        body = self._box.lock(envelope.SerializeToString(), b"document receipt" + token)
        return Prepared(envelope, {"token": token, "stage": stage, "own": own, "body": body})

    def keep(self, work: Work, prepared: Prepared[Envelope]) -> None:
        """Keep a receipt."""
        work.view.execute(insert(_R), prepared.row)

    def of(self, view: View, token: bytes) -> list[Envelope]:
        """Return every receipt of a document, oldest first; raises `Corrupt`."""
        query = select(_R.c.body).where(_R.c.token == token).order_by(_R.c.receipt_id)
        return [self._opened(token, body) for body in view.execute(query).scalars()]

    def last_held(self, view: View, token: bytes) -> Envelope:
        """Return this gateway's newest receipt for the whole document; raises `Corrupt`."""
        query = (
            select(_R.c.body)
            .where(_R.c.token == token, _R.c.own.is_(True), _R.c.stage == pb.DOCUMENT_STAGE_HELD)
            .order_by(_R.c.receipt_id.desc())
            .limit(1)
        )
        return self._opened(token, view.execute(query).scalar_one())

    def _opened(self, token: bytes, body: bytes) -> Envelope:
        return Envelope.FromString(self._box.unlock(bytes(body), b"document receipt" + token))
