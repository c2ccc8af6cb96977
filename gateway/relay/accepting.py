"""Accept notices: verify, check and route them, and store them with their deliveries before giving a receipt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from federation.charter.envelope import OpenedStatement, Signer
from federation.charter.model import Charter
from federation.errors import FieldViolation
from federation.evidence.entry import EntryKind
from federation.notices.receipts import sign_receipts, violations_of
from federation.v1 import notice_pb2 as pb
from federation.v1 import stored_document_pb2 as documents_pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from gateway.documents.kept import KeptDocument, content_of
from gateway.documents.shelf import Shelf
from gateway.prepared import Prepared
from gateway.relay.deliveries import Deliveries
from gateway.relay.fitting import Fit, NoticeChecker, page_of
from gateway.relay.notice_store import NoticeStore, PreparedSubmission
from gateway.relay.submissions import Submission
from server.journal.journal import Journal
from server.journal.log import PreparedEntry
from server.journal.work import Work
from server.opening import once_of, used_before


@dataclass(frozen=True, slots=True)
class _Page:
    """A page ready for its transaction; valid only while `earlier` are the only ones of its notices accepted before."""

    acceptance: Envelope
    entry: PreparedEntry
    earlier: frozenset[bytes]
    digests: Sequence[bytes]
    new: Sequence[Fit]
    submission: PreparedSubmission
    #: For each document that a notice names: the notice, and the row for the document if it has none yet.
    documents: Sequence[tuple[bytes, Prepared[KeptDocument]]]
    #: Seconds since 1970.
    at: float


class NoticeAcceptor:
    """Accepts notices from their senders."""

    def __init__(
        self,
        *,
        journal: Journal,
        notices: NoticeStore,
        deliveries: Deliveries,
        documents: Shelf,
        fitting: NoticeChecker,
        signer: Signer,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
        accepted: Callable[[frozenset[str]], None],
    ) -> None:
        """`accepted` is called after the commit with the nodes that have new deliveries."""
        self._journal = journal
        self._notices = notices
        self._deliveries = deliveries
        self._documents = documents
        self._fitting = fitting
        self._signer = signer
        self._charter = charter
        self._now = now
        self._accepted = accepted
        # Checking a page is pure computation: several threads at once would only compete for the interpreter's lock.
        self._turn = threading.Lock()

    def submit(self, consignment: pb.Consignment, opened: OpenedStatement) -> Envelope:
        """Return the signed receipts of a page: each notice ACCEPTED, or REFUSED with every reason.

        Raises `Unauthenticated`, `PermissionDenied`, or `InvalidRequest` when the page does not fit its notices.
        """
        now, charter = self._now(), self._charter()
        digests = page_of(opened, consignment)
        page: _Page | None = None
        while page is None or not self._stored(page):
            with self._turn:
                page = self._prepare(consignment, opened, charter, digests, now)
        self._accepted(frozenset(way.node for fit in page.new for way in fit.ways))
        return page.acceptance

    def _prepare(
        self,
        consignment: pb.Consignment,
        opened: OpenedStatement,
        charter: Charter,
        digests: Sequence[bytes],
        now: datetime,
    ) -> _Page:
        """Check, sign and encrypt a page by the current state, so that none of this is left to the transaction."""
        with self._journal.reading() as view:
            first_receipts = self._notices.first_receipts(view, digests, opened.installation.member)
        earlier = {digest: _again(digest, receipt) for digest, receipt in first_receipts.items()}
        receipts, new, twice = list[pb.NoticeReceipt](), list[Fit](), list[int]()
        first: dict[bytes, pb.NoticeReceipt] = {}
        for digest, content in zip(digests, consignment.notices, strict=True):
            if digest in earlier:
                receipts.append(earlier[digest])
                continue
            if digest in first:
                twice.append(len(receipts))
                receipts.append(first[digest])
                continue
            fit = self._fitting.fit(digest, content, opened, charter, now)
            if isinstance(fit, Fit):
                new.append(fit)
            first[digest] = fit.receipt if isinstance(fit, Fit) else fit
            receipts.append(first[digest])
        once = once_of(opened)
        entry = self._journal.entry(
            EntryKind.NOTICES_ACCEPTED,
            at=stamp(now),
            once=once,
            request=opened.digest.hex(),
            officer=opened.officer,
            by=str(opened.installation),
            accepted=len(new),
            repeated=sum(d in earlier for d in digests),
            refused=sum(r.stage == pb.NOTICE_STAGE_REFUSED for r in receipts),
            rules=sorted({v.rule for r in receipts for v in r.violations}),
        )
        for fit in new:
            fit.receipt.log_entry = entry.leaf
        for place in twice:
            if receipts[place].stage == pb.NOTICE_STAGE_ACCEPTED:
                again = pb.NoticeReceipt(repeated=True)
                again.MergeFrom(receipts[place])
                receipts[place] = again
        acceptance = sign_receipts(receipts, charter=charter, signer=self._signer, now=now)
        submission = self._notices.prepared(
            Submission(
                sender=opened.installation.member,
                accepted_at=stamp(now),
                envelope=consignment.envelope,
                acceptance=acceptance,
                notices=[fit.notice for fit in new],
            )
        )
        documents = [
            (fit.receipt.notice, self._announced(opened, reference, now))
            for fit in new
            for reference in fit.documents
        ]
        at = now.timestamp()
        return _Page(acceptance, entry, frozenset(earlier), digests, new, submission, documents, at)

    def _stored(self, page: _Page) -> bool:
        """Store a page; return False, with nothing stored, if the state that it was prepared on has changed."""
        once = page.entry.once

        def command(work: Work) -> bool:
            if once is not None and work.log.replays(work.view, [once]):
                raise used_before()
            if self._notices.accepted(work.view, page.digests) != page.earlier:
                return False
            work.log.add(page.entry)
            if page.new:
                self._insert(work, page)
            return True

        return self._journal.run(command, onces=[once] if once else [], yields=True).value

    def _insert(self, work: Work, page: _Page) -> None:
        self._notices.keep(work, page.submission)
        self._deliveries.add(work, [way for fit in page.new for way in fit.ways])
        for notice, document in page.documents:
            self._documents.namings.announce(work, notice, document, page.at)

    def _announced(
        self, opened: OpenedStatement, reference: pb.DocumentReference, now: datetime
    ) -> Prepared[KeptDocument]:
        return self._documents.documents.prepared(
            opened.installation.member,
            content_of(reference),
            documents_pb.DOCUMENT_STATE_ANNOUNCED,
            now.timestamp(),
        )


def _again(digest: bytes, first: pb.NoticeReceipt | None) -> pb.NoticeReceipt:
    """Return the receipt of a notice that was accepted before: the first one, or a refusal if another sent it."""
    if first is not None:
        first.repeated = True
        return first
    violation = FieldViolation("notice", "R29", "another organ sent this very notice: ask it how it stands")
    return pb.NoticeReceipt(
        notice=digest, stage=pb.NOTICE_STAGE_REFUSED, violations=violations_of([violation])
    )
