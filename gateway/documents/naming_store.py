"""The store of the documents that notices name; a document that a notice names is claimed."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, func, insert, select, update

from federation.v1 import stored_document_pb2 as pb
from gateway.documents import schema
from gateway.documents.kept import KeptDocument, KeptDocuments
from gateway.prepared import Prepared
from server.journal.work import View, Work

_D, _N = schema.document, schema.naming
#: True of a document, by its row, while a notice that names it has not been settled.
CLAIMED: ColumnElement[bool] = exists().where(_N.c.token == _D.c.token, _N.c.settled.is_(False))


class NamingStore:
    """Keeps which notice names which document."""

    def __init__(self, *, documents: KeptDocuments) -> None:
        self._documents = documents

    def announce(self, work: Work, notice: bytes, prepared: Prepared[KeptDocument], at: float) -> None:
        """Note that an accepted notice names a document, which is added as announced unless it is known."""
        token = prepared.value.token
        state = self._documents.state(work.view, token)
        if state is None:
            self._documents.add(work, prepared)
        elif state != pb.DOCUMENT_STATE_HELD:
            self._documents.set_state(work, token, pb.DOCUMENT_STATE_ANNOUNCED, at)
        work.view.execute(insert(_N), {"token": token, "notice": notice, "settled": False})

    def unclaimed_bytes(self, view: View, sender: str, but: bytes) -> int:
        """Return the bytes that `sender` keeps here in unclaimed documents, not counting the document `but`."""
        here = _D.c.state.in_((pb.DOCUMENT_STATE_PARTLY, pb.DOCUMENT_STATE_HELD))
        query = select(func.coalesce(func.sum(_D.c.size), 0)).where(
            _D.c.sender == sender, here, _D.c.token != but, ~CLAIMED
        )
        return int(view.execute(query).scalar_one())

    def settle(self, work: Work, token: bytes) -> None:
        """Note that no notice claims a document any more: every node that needs it for these notices has it."""
        work.view.execute(update(_N).where(_N.c.token == token).values(settled=True))
