"""Taking a document in, piece by piece, until all of it is verified and on the disk; then a signed receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.errors import NotFound
from federation.evidence.commitment import Commitments
from federation.evidence.entry import EntryKind
from federation.notices.document_receipts import sign_receipt
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from node.documents.binding import DocumentBinder
from node.documents.stored import StoredDocument
from node.register.acts import Register
from server.journal.depot import Depot
from server.journal.work import Work
from server.uploading import Berth, Upload, held, take_in


class DocumentReceiver:
    """Receives documents that belong to a record or notice already."""

    def __init__(
        self,
        *,
        register: Register,
        binding: DocumentBinder,
        depot: Depot,
        signer: Signer,
        commitments: Commitments,
        charter: Callable[[], Charter],
    ) -> None:
        self._register = register
        self._binding = binding
        self._depot = depot
        self._signer = signer
        self._commitments = commitments
        self._charter = charter

    def receive(
        self, stored: StoredDocument, requests: Iterator[Upload], *, by: str
    ) -> Iterator[tuple[int, Envelope | None]]:
        """Store the missing bytes of a document; yield the bytes stored so far, at the end with the receipt.

        `by` is the installation that sends it. Raises `InvalidRequest`, and `NotFound` when no record needs it now.
        """
        berth, size = stored.berth, stored.berth.content.size
        if not stored.arrived_at:
            start = held(self._depot, berth)
            yield start, None
            for have in take_in(self._depot, berth, requests, start):
                yield have, None
            with self._depot.alone(berth.name):
                if self._depot.length(berth.name, size) != size:
                    raise _unwanted()
                stored = self._register.journal.run(lambda work: self._arrived(work, berth, by)).value
        now, state = self._register.now(), self._register.journal.state()
        receipt = sign_receipt(
            berth.content,
            pb.DOCUMENT_STAGE_HELD,
            at=stored.arrived_at,
            log_entry=stored.entry,
            charter=self._charter(),
            signer=self._signer,
            now=now,
            log_commitment=self._commitments.commit(*state, at=stamp(now)),
        )
        yield size, receipt

    def _arrived(self, work: Work, berth: Berth, by: str) -> StoredDocument:
        stored, at = self._binding.again(work.view, berth), stamp(self._register.now())
        if stored is None:
            raise _unwanted()
        if stored.arrived_at:
            return stored
        leaf = work.log.append(
            EntryKind.DOCUMENT_RECEIVED,
            at=at,
            by=by,
            document=berth.content.sha256.hex(),
            size=berth.content.size,
        )
        self._binding.arrived(work, berth, at, leaf)
        return StoredDocument(berth, at, leaf)


def _unwanted() -> NotFound:
    return NotFound("no notice or record here names this document any more")
