"""The store of documents: description, state and file key of each. Descriptions and keys are encrypted."""

from __future__ import annotations

import os

from sqlalchemy import Row, insert, select, update

from federation.v1 import stored_document_pb2 as pb
from gateway.documents import schema
from gateway.documents.kept import KeptDocument
from gateway.prepared import Prepared
from gateway.strongbox import Strongbox
from server.journal.work import View, Work
from server.uploading import Berth

_D = schema.document


class DocumentStore:
    """Keeps one row for each document of a sender."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def token(self, sender: str, sha256: bytes) -> bytes:
        """Return the blind token of a sender's document, by which its row is found."""
        return self._box.token("document", sender, sha256.hex())

    def find(self, view: View, token: bytes) -> KeptDocument | None:
        """Return the document, or None; raises `Corrupt`."""
        row = view.execute(select(_D).where(_D.c.token == token)).one_or_none()
        return None if row is None else kept_of(row, self._box)

    def state(self, view: View, token: bytes) -> int | None:
        """Return the state of a document, or None when it is not known here."""
        query = select(_D.c.state).where(_D.c.token == token)
        return view.execute(query).scalar_one_or_none()

    def prepared(
        self, sender: str, content: pb.DocumentContent, state: int, at: float
    ) -> Prepared[KeptDocument]:
        """Return a document under a new key of its own, for `add`; `at` is in seconds since 1970."""
        token, key = self.token(sender, content.sha256), os.urandom(32)
        row: dict[str, object] = {
            "token": token,
            "sender": sender,
            "state": state,
            "size": content.size,
            "touched_at": at,
            "content": self._box.lock(content.SerializeToString(), b"content" + token),
            "wrapped_key": self._box.lock(key, b"document" + token),
        }
        return Prepared(KeptDocument(token, sender, state, Berth(token.hex(), key, content)), row)

    def add(self, work: Work, prepared: Prepared[KeptDocument]) -> None:
        """Add a document that has no row yet."""
        work.view.execute(insert(_D), prepared.row)

    def describe_anew(self, work: Work, kept: KeptDocument, content: pb.DocumentContent) -> KeptDocument:
        """Change the size and type of a document that is not whole yet: they have not been verified."""
        body = self._box.lock(content.SerializeToString(), b"content" + kept.token)
        row = update(_D).where(_D.c.token == kept.token).values(size=content.size, content=body)
        work.view.execute(row)
        berth = Berth(kept.berth.name, kept.berth.key, content)
        return KeptDocument(kept.token, kept.sender, kept.state, berth)

    def set_state(self, work: Work, token: bytes, state: int, at: float) -> None:
        """Set the state of a document, and when it changed, in seconds since 1970."""
        work.view.execute(update(_D).where(_D.c.token == token).values(state=state, touched_at=at))


def kept_of(row: Row[tuple[object, ...]], box: Strongbox) -> KeptDocument:
    """Return the document of a row with all columns; raises `Corrupt`."""
    token = bytes(row.token)
    content = box.unlock(bytes(row.content), b"content" + token)
    key = box.unlock(bytes(row.wrapped_key), b"document" + token)
    berth = Berth(token.hex(), key, pb.DocumentContent.FromString(content))
    return KeptDocument(token, row.sender, row.state, berth)
