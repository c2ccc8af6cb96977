"""The documents of one node: gateways bring those that notices named, its own officers read them with a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from federation.charter.envelope import OpenedStatement, Signer
from federation.charter.model import Charter
from federation.errors import InvalidRequest, NotFound, Replayed
from federation.evidence.entry import EntryKind
from federation.law.disclosure import Asker, Context, Disclosure
from federation.law.sealing import Profile
from federation.notices.documents import insist_content
from federation.notices.kinds import FOLLOWING
from federation.notices.receipts import UNDECIDED
from federation.notices.sealed_reading import read_undertaking
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.values.clock import legal_day, stamp
from federation.values.identity import Installation, OrganClass
from node.documents.binding import DocumentBinder, Loose
from node.documents.opening import Shelves
from node.documents.receiving import DocumentReceiver
from node.documents.stored import StoredDocument
from node.register.acts import Register, parse_id
from server.journal.depot import Depot
from server.journal.work import View, Work
from server.opening import Act, once_of
from server.undertakings import log_undertaking
from server.uploading import Berth, first_part


class Library:
    """Takes documents in and shows them."""

    def __init__(
        self,
        *,
        register: Register,
        binding: DocumentBinder,
        shelves: Shelves,
        depot: Depot,
        disclosure: Disclosure,
        agency: Callable[[], OrganClass],
        signer: Signer,
        receiver: DocumentReceiver,
        charter: Callable[[], Charter],
    ) -> None:
        self._register = register
        self._binding = binding
        self._shelves = shelves
        self._depot = depot
        self._disclosure = disclosure
        self._agency = agency
        self._signer = signer
        self._receiver = receiver
        self._charter = charter

    def settle(
        self, work: Work, receipt: notice_pb2.NoticeReceipt, notice: notice_pb2.Notice, loose: Loose
    ) -> None:
        """Bind the documents of a notice to its outcome, inside the transaction that decides it.

        Work that is left for after the commit is added to `loose`, for `tidy`.
        """
        if not notice.documents:
            return
        if receipt.stage in UNDECIDED or self._to_come(work.view, receipt, notice):
            self._binding.bind(work, notice.documents, receipt.notice, loose)
            return
        if receipt.stage == notice_pb2.NOTICE_STAGE_REGISTERED and receipt.record_id:
            self._binding.bind(work, notice.documents, parse_id(receipt.record_id), loose)
        self._binding.unbind(work, receipt.notice, loose)

    def _to_come(self, view: View, receipt: notice_pb2.NoticeReceipt, notice: notice_pb2.Notice) -> bool:
        """Return whether documents are still taken for a notice that was sent on or refused after it was received.

        Its sender would see by their way how an officer has decided, which it must not learn.
        """
        if notice.kind not in FOLLOWING or receipt.stage == notice_pb2.NOTICE_STAGE_REGISTERED:
            return False
        if receipt.stage == notice_pb2.NOTICE_STAGE_REFUSED and not receipt.decided_by:
            return False
        stored = [self._binding.stored(view, document.sha256) for document in notice.documents]
        return any(document is None or not document.arrived_at for document in stored)

    def tidy(self, loose: Loose) -> None:
        """Remove the files of documents without holders, and old keys from the write-ahead log."""
        for name in loose.names:
            with self._depot.alone(name), self._register.journal.reading() as view:
                if not self._binding.known(view, name):
                    self._depot.drop(name)
        if loose.anew:
            self._register.journal.scrub()

    def tidy_all(self) -> None:
        """Do the work after commits that an earlier process was killed before doing."""
        self.tidy(Loose(names=[*self._depot.names()], anew=True))

    def put(
        self, requests: Iterator[pb.PutDocumentRequest], peer: Installation
    ) -> Iterator[pb.PutDocumentResponse]:
        """Take a document that a notice here names from a gateway; raises `NotFound` for any other."""
        content = first_part(requests, "content").content
        insist_content(content)
        for have, receipt in self._receiver.receive(self._wanted(content), requests, by=str(peer)):
            yield pb.PutDocumentResponse(have=have, receipt=receipt)

    def get(self, wanted: pb.DocumentWanted, act: Act) -> Iterator[pb.GetDocumentResponse]:
        """Yield a document to an officer of this agency; the reading is logged before anything leaves.

        Without a case and an undertaking only documents all of whose records are open are found; one that is
        sealed, withdrawn, not yet here or unknown is equally `NotFound`. Raises `NotPermitted`.
        """
        sealed = bool(wanted.case_number) or wanted.HasField("undertaking")
        promise = self._admit(wanted, act) if sealed else None
        with self._register.journal.reading() as view:
            record = parse_id(wanted.record_id) if wanted.record_id else b""
            found = self._shelves.find(view, wanted.sha256, sealed=sealed, record_id=record)
        self._log_shown(wanted, act, promise, found=found is not None)
        if found is None:
            raise NotFound(
                "no document of that digest can be shown: check the digest in the notice or record"
            )
        if wanted.offset >= found.berth.content.size:
            raise InvalidRequest.of("offset", "OFFSET", "lies beyond the end of the document: start at 0")
        yield pb.GetDocumentResponse(content=found.berth.content)
        offset, berth = wanted.offset, found.berth
        for data in self._depot.read(berth.name, key=berth.key, digest=wanted.sha256, offset=offset):
            yield pb.GetDocumentResponse(chunk=pb.DocumentChunk(offset=offset, data=data))
            offset += len(data)

    def _wanted(self, content: pb.DocumentContent) -> StoredDocument:
        with self._register.journal.reading() as view:
            stored = self._binding.stored(view, content.sha256)
        if stored is None:
            raise NotFound("no notice here names this document: check its digest")
        return StoredDocument(
            Berth(stored.berth.name, stored.berth.key, content), stored.arrived_at, stored.entry
        )

    def _admit(self, wanted: pb.DocumentWanted, act: Act) -> OpenedStatement:
        """Decide on sealed access before any look-up (R42, R44); return the signed undertaking."""
        day = legal_day(self._register.now())
        context = Context(
            case_number=wanted.case_number,
            undertaking=wanted.HasField("undertaking"),
            function=wanted.organ_function,
            profile=Profile(self._register.profile_on(day)),
            on=day,
        )
        self._disclosure.admit(Asker(self._agency()), "sealed_case", context)
        return read_undertaking(
            wanted,
            reader=act.installation,
            officer=act.officer,
            node=self._signer.installation,
            charter=self._charter(),
            now=self._register.now(),
        )

    def _log_shown(
        self, wanted: pb.DocumentWanted, act: Act, promise: OpenedStatement | None, *, found: bool
    ) -> None:
        """Log a reading, which uses up its undertaking."""
        at = stamp(self._register.now())
        promised = (
            {"case": wanted.case_number, "undertaking": wanted.undertaking.signed_by} if promise else {}
        )

        def command(work: Work) -> None:
            act.insist_first(work)
            if promise:
                once = once_of(promise)
                if work.log.replays(work.view, [once]):
                    raise Replayed("this undertaking was used before: sign one for each reading")
                request = hashlib.sha256(wanted.SerializeToString(deterministic=True)).digest()
                log_undertaking(work, promise, once, wanted.undertaking, request=request, at=at)
            act.log(
                work,
                EntryKind.SEALED_ACCESS if promise else EntryKind.DOCUMENT_SHOWN,
                at=at,
                document=wanted.sha256.hex(),
                reason=wanted.reason,
                shown=int(found),
                **promised,
            )

        self._register.journal.run(command, onces=[act.once])
