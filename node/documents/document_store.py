"""The store of documents that are here or wanted, in SQL."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from federation.v1 import stored_document_pb2 as pb
from node.documents.schema import document as table
from node.documents.stored import LockedDocument, locked_content
from server.journal.work import View, Work
from server.uploading import Berth


class NodeDocumentStore:
    """Keeps one row for each document."""

    def find(self, view: View, token: bytes) -> LockedDocument | None:
        """Return a document that is here or wanted; None for any other."""
        row = view.execute(select(table).where(table.c.token == token)).one_or_none()
        if row is None:
            return None
        return LockedDocument(
            bytes(row.token), bytes(row.content), row.arrived_at or "", bytes(row.entry or b"")
        )

    def known(self, view: View, token: bytes) -> bool:
        """Return whether a document is here or wanted."""
        query = select(table.c.token).where(table.c.token == token)
        return view.execute(query).one_or_none() is not None

    def add(self, work: Work, token: bytes, key: bytes, content: pb.DocumentContent) -> None:
        """Note that a document is wanted, as it was announced."""
        work.view.execute(insert(table), {"token": token, "content": locked_content(token, key, content)})

    def arrived(self, work: Work, token: bytes, berth: Berth, at: str, entry: bytes) -> None:
        """Note that a document is complete; its verified description prevails over the announced one."""
        body = locked_content(token, berth.key, berth.content)
        row = update(table).where(table.c.token == token).values(content=body, arrived_at=at, entry=entry)
        work.view.execute(row)

    def drop(self, work: Work, token: bytes) -> None:
        """Forget a document."""
        work.view.execute(delete(table).where(table.c.token == token))
