"""Storage of documents that are here or wanted: found by blind tokens, each description under its own key."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from federation.v1 import stored_document_pb2 as pb
from node.documents.schema import document as table
from server.journal.cipher import Cipher
from server.journal.work import View, Work
from server.uploading import Berth


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as the node itself sees it: its file and key, and since when it is complete."""

    berth: Berth
    arrived_at: str
    entry: bytes


@dataclass(frozen=True, slots=True)
class LockedDocument:
    """A document whose key is not known yet; `arrived_at` is "" until it is complete."""

    token: bytes
    content: bytes
    arrived_at: str
    entry: bytes

    def open(self, key: bytes) -> StoredDocument:
        """Return the document under its key; raises `Corrupt` for another key."""
        content = pb.DocumentContent.FromString(Cipher(key).unlock(self.content, _place(self.token)))
        return StoredDocument(Berth(self.token.hex(), key, content), self.arrived_at, self.entry)


def find(view: View, token: bytes) -> LockedDocument | None:
    """Return a document that is here or wanted; None for any other."""
    row = view.execute(select(table).where(table.c.token == token)).one_or_none()
    if row is None:
        return None
    return LockedDocument(bytes(row.token), bytes(row.content), row.arrived_at or "", bytes(row.entry or b""))


def known(view: View, token: bytes) -> bool:
    """Return whether a document is here or wanted."""
    query = select(table.c.token).where(table.c.token == token)
    return view.execute(query).one_or_none() is not None


def add(work: Work, token: bytes, key: bytes, content: pb.DocumentContent) -> None:
    """Note that a document is wanted, as it was announced."""
    work.view.execute(insert(table), {"token": token, "content": _locked(token, key, content)})


def arrived(work: Work, token: bytes, berth: Berth, at: str, entry: bytes) -> None:
    """Note that a document is complete; its verified description prevails over the announced one."""
    body = _locked(token, berth.key, berth.content)
    row = update(table).where(table.c.token == token).values(content=body, arrived_at=at, entry=entry)
    work.view.execute(row)


def drop(work: Work, token: bytes) -> None:
    """Forget a document."""
    work.view.execute(delete(table).where(table.c.token == token))


def _locked(token: bytes, key: bytes, content: pb.DocumentContent) -> bytes:
    return Cipher(key).lock(content.SerializeToString(), _place(token))


def _place(token: bytes) -> bytes:
    return b"content" + token
