"""An agency's own scans: kept with a record of its node, without a notice, under the sealing of that record (R62)."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.law.sealing import Status
from federation.notices.documents import insist_content
from federation.v1 import registry_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.values.clock import stamp
from node.documents.binding import DocumentBinder
from node.documents.opening import Shelves
from node.documents.receiving import DocumentReceiver
from node.documents.stored import StoredDocument
from node.register.acts import Register, not_shown, parse_id
from node.register.showing import OpenRecords
from server.journal.work import Work
from server.opening import Act
from server.uploading import Berth


class Scans:
    """Keeps scans with open records and lists what is kept; any other record is equally `NotFound`."""

    def __init__(
        self,
        *,
        register: Register,
        showing: OpenRecords,
        binding: DocumentBinder,
        shelves: Shelves,
        receiver: DocumentReceiver,
    ) -> None:
        self._register = register
        self._showing = showing
        self._binding = binding
        self._shelves = shelves
        self._receiver = receiver

    def attach(
        self, scan: pb.Scan, act: Act, requests: Iterator[pb.AttachRequest]
    ) -> Iterator[pb.AttachResponse]:
        """Take a scan in and keep it with its record; the same scan sent again goes on where it was broken off.

        Raises `InvalidRequest`, `NotFound`.
        """
        insist_content(scan.content)
        self._insist_open(scan.record_id, act)
        stored = self._register.journal.run(lambda work: self._keep(work, scan, act)).value
        known, berth = stored.berth.content, Berth(stored.berth.name, stored.berth.key, scan.content)
        if stored.arrived_at and known != scan.content:
            raise InvalidRequest.of(
                "content",
                "R62",
                f"is kept with this record as {known.size} bytes of {known.media_type}: state these",
            )
        announced = StoredDocument(berth, stored.arrived_at, stored.entry)
        for have, receipt in self._receiver.receive(announced, requests, by=str(act.installation)):
            yield pb.AttachResponse(have=have, receipt=receipt)

    def listed(self, page: pb.AttachedPage, act: Act) -> pb.ListAttachedResponse:
        """Return the documents of an open record that may be shown without sealed access; raises `NotFound`."""
        self._insist_open(page.record_id, act)
        with self._register.journal.reading() as view:
            found = self._shelves.of_record(view, parse_id(page.record_id))
        return pb.ListAttachedResponse(
            documents=[
                pb.AttachedDocument(content=each.berth.content, arrived_at=each.arrived_at) for each in found
            ]
        )

    def _insist_open(self, record_id: str, act: Act) -> None:
        """Show the record, which uses and logs the act; raise `NotFound` unless it is open."""
        self._showing.show(registry_pb2.RecordReference(record_id=record_id), act)

    def _keep(self, work: Work, scan: pb.Scan, act: Act) -> StoredDocument:
        record_id, now = parse_id(scan.record_id), self._register.now()
        current = self._register.records.by_id(work.view, record_id)
        if current is None or current.status is not Status.OPEN:
            raise not_shown()  # it was sealed since it was shown
        event = self._register.records.newest(work.view, current)
        if self._register.judged(work, event, now) is not Status.OPEN:
            raise not_shown()
        stored = self._binding.keep_scan(work, scan.content, record_id)
        work.log.append(
            EntryKind.DOCUMENT_ATTACHED,
            at=stamp(now),
            by=str(act.installation),
            officer=act.officer,
            record=scan.record_id,
            document=scan.content.sha256.hex(),
            size=scan.content.size,
        )
        return stored
