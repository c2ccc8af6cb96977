"""Documents as a gateway keeps them, the interfaces of their stores, and where a notice describes one differently.

Any other store must keep the interfaces and pass their tests. Times are in seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from federation.errors import FieldViolation
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.prepared import Prepared
from server.journal.work import View, Work
from server.uploading import Berth


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document of one sender; `state` is a `DocumentState`."""

    token: bytes
    sender: str
    state: int
    berth: Berth


@dataclass(frozen=True, slots=True)
class DueDocument:
    """A document due for a node."""

    kept: KeptDocument
    attempts: int


class KeptDocuments(Protocol):
    """The documents of all senders: description, state and file key of each, encrypted."""

    def token(self, sender: str, sha256: bytes) -> bytes:
        """Return the blind token of a sender's document, by which it is found."""

    def find(self, view: View, token: bytes) -> KeptDocument | None:
        """Return the document, or None; raises `Corrupt`."""

    def state(self, view: View, token: bytes) -> int | None:
        """Return the state of a document, or None when it is not known here."""

    def prepared(
        self, sender: str, content: pb.DocumentContent, state: int, at: float
    ) -> Prepared[KeptDocument]:
        """Return a document under a new key of its own, for `add`; `at` is when it was last touched."""

    def add(self, work: Work, prepared: Prepared[KeptDocument]) -> None:
        """Add a document that is not known yet."""

    def describe_anew(self, work: Work, kept: KeptDocument, content: pb.DocumentContent) -> KeptDocument:
        """Change the size and type of a document that is not whole yet: they have not been verified."""

    def set_state(self, work: Work, token: bytes, state: int, at: float) -> None:
        """Set the state of a document, and when it was last touched."""


class Namings(Protocol):
    """Which notice names which document; while a notice that names it is not settled, a document is claimed."""

    def announce(self, work: Work, notice: bytes, prepared: Prepared[KeptDocument], at: float) -> None:
        """Note that an accepted notice names a document, which is added as announced unless it is known."""

    def unclaimed_bytes(self, view: View, sender: str, but: bytes) -> int:
        """Return the bytes that `sender` keeps here in unclaimed documents, not counting the document `but`."""

    def settle(self, work: Work, token: bytes) -> None:
        """Note that no notice claims a document any more: every node that needs it for these notices has it."""


class Carriages(Protocol):
    """The nodes that each document goes to, and the progress there."""

    def want(self, work: Work, node: str, receipts: Sequence[notice_pb2.NoticeReceipt]) -> bool:
        """Have the documents of notices that `node` accepted carried there; say whether there are any."""

    def due(self, view: View, node: str, now: float) -> DueDocument | None:
        """Return a whole document that is due for `node`, or None."""

    def waiting_nodes(self, view: View, token: bytes | None = None) -> frozenset[str]:
        """Return the nodes that any document waits for, or that the document of `token` waits for."""

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

        `state` is a `CarriageState`; the next attempt is not before `next_at`.
        """


class DocumentReceipts(Protocol):
    """Signed receipts for documents, of this gateway and of nodes, encrypted."""

    def prepared(self, token: bytes, stage: int, envelope: Envelope, *, own: bool) -> Prepared[Envelope]:
        """Return a receipt of this gateway (`own`) or of a node, encrypted, for `keep`."""

    def keep(self, work: Work, prepared: Prepared[Envelope]) -> None:
        """Keep a receipt."""

    def of(self, view: View, token: bytes) -> Sequence[Envelope]:
        """Return every receipt of a document, oldest first; raises `Corrupt`."""

    def last_held(self, view: View, token: bytes) -> Envelope:
        """Return this gateway's newest receipt for the whole document; raises `Corrupt`."""


class Removable(Protocol):
    """Documents that can be deleted: carried to every node that needs them, or abandoned by their sender."""

    def settled(self, view: View, most: int) -> Sequence[KeptDocument]:
        """Return at most `most` whole documents that have reached every node that needs them."""

    def still_settled(self, view: View, tokens: Sequence[bytes]) -> Set[bytes]:
        """Return those of `tokens` whose documents have reached every node that needs them."""

    def abandoned(
        self, view: View, *, stale: float, unclaimed: float, among: Sequence[bytes] | None = None
    ) -> Mapping[bytes, int]:
        """Return the state, by token, of abandoned documents: not in use, and claimed by no notice.

        An upload is abandoned when it was last touched before `stale`, a whole document when it was last touched
        before `unclaimed`. With `among`, only these documents are looked at.
        """

    def states(self, view: View, tokens: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the states of documents, by token; unknown documents are left out."""

    def forget(self, work: Work, token: bytes) -> None:
        """Delete a document with its receipts, unless a notice names it: its sender may still ask for its path."""


def content_of(reference: notice_pb2.DocumentReference) -> pb.DocumentContent:
    """Return the content of a document as a notice describes it."""
    return pb.DocumentContent(sha256=reference.sha256, size=reference.size, media_type=reference.media_type)


def faults(
    notice: notice_pb2.Notice, find: Callable[[bytes], KeptDocument | None]
) -> Iterator[FieldViolation]:
    """Yield a fault for each document whose description in a notice differs from the verified one.

    `find` returns the kept document of this sender by its SHA-256, if there is one.
    """
    for number, reference in enumerate(notice.documents):
        kept = find(reference.sha256)
        whole = kept is not None and kept.state == pb.DOCUMENT_STATE_HELD
        if kept is not None and whole and kept.berth.content != content_of(reference):
            there = kept.berth.content
            yield FieldViolation(
                f"documents[{number}]",
                "R62",
                f"this content is known as {there.media_type} of {there.size} bytes: name it so",
            )
