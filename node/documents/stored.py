"""Documents at a node, whole or wanted, and the interfaces of the stores that keep them.

Any other store must keep the interfaces and pass their tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from federation.v1 import stored_document_pb2 as pb
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


class StoredDocuments(Protocol):
    """The documents that are here or wanted, found by blind tokens, each description under the document's own key."""

    def find(self, view: View, token: bytes) -> LockedDocument | None:
        """Return a document that is here or wanted; None for any other."""

    def known(self, view: View, token: bytes) -> bool:
        """Return whether a document is here or wanted."""

    def add(self, work: Work, token: bytes, key: bytes, content: pb.DocumentContent) -> None:
        """Note that a document is wanted, as it was announced."""

    def arrived(self, work: Work, token: bytes, berth: Berth, at: str, entry: bytes) -> None:
        """Note that a document is complete; its verified description prevails over the announced one."""

    def drop(self, work: Work, token: bytes) -> None:
        """Forget a document."""


class KeyShares(Protocol):
    """The shares of documents' keys: one for each holder, which is a record or a notice that waits.

    A share is encrypted under the key of its holder; the callers, which have that key, encrypt and decrypt it.
    """

    def of_document(self, view: View, token: bytes) -> Mapping[bytes, bytes]:
        """Return the encrypted shares of a document's key, by holder and in their order."""

    def documents_of(self, view: View, holder: bytes) -> Sequence[bytes]:
        """Return the tokens of the documents that belong to `holder`."""

    def add(self, work: Work, token: bytes, holder: bytes, body: bytes) -> None:
        """Keep the share of one more holder."""

    def change(self, work: Work, token: bytes, holder: bytes, body: bytes) -> None:
        """Replace a holder's share."""

    def drop(self, work: Work, token: bytes, holder: bytes) -> None:
        """Delete a holder's share."""


def locked_content(token: bytes, key: bytes, content: pb.DocumentContent) -> bytes:
    """Return a document's description, encrypted under its key, as `LockedDocument` opens it."""
    return Cipher(key).lock(content.SerializeToString(), _place(token))


def _place(token: bytes) -> bytes:
    return b"content" + token
