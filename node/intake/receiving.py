"""Receiving notices from gateways: verified as of their acceptance, applied once, answered with receipts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.evidence.commitment import Commitments
from federation.notices.receipts import UNDECIDED, sign_receipts
from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from node.documents.library import Library
from node.intake import notified_store
from node.intake.applying import Batch, NoticeApplier
from node.intake.arriving import Arrived, ConsignmentOpener
from node.intake.inbox_store import Inbox, KnownNotice, ReceivedNotice
from node.intake.moved_store import MovedPersons
from node.intake.saying import reported
from node.register.acts import Register, registered
from server.journal.work import Work

MOST_NOTICES = 1000
#: Notices applied in one transaction.
AT_ONCE = 16


class ConsignmentReceiver:
    """Takes consignments of gateways."""

    def __init__(
        self,
        *,
        register: Register,
        arriving: ConsignmentOpener,
        applying: NoticeApplier,
        inbox: Inbox,
        moved: MovedPersons,
        library: Library,
        signer: Signer,
        commitments: Commitments,
        charter: Callable[[], Charter],
    ) -> None:
        self._register = register
        self._arriving = arriving
        self._applying = applying
        self._inbox = inbox
        self._moved = moved
        self._library = library
        self._signer = signer
        self._commitments = commitments
        self._charter = charter

    def submit(self, consignments: Sequence[pb.Consignment]) -> list[Envelope]:
        """Return a signed page of receipts for each consignment, in order; all durable.

        Each transaction takes a few notices, so that no question waits for a whole page. Raises `BadEnvelope`,
        `PermissionDenied` or `InvalidRequest` for an invalid consignment; a fault of a single notice is reported in
        its receipt.
        """
        now, charter = self._register.now(), self._charter()
        if sum(len(c.notices) for c in consignments) > MOST_NOTICES:
            raise InvalidRequest.of("consignments", "SIZE", f"at most {MOST_NOTICES} notices at once")
        arrived = [self._arriving.arrive(c, charter, now) for c in consignments]

        notices, receipts = [a for page in arrived for a in page], list[pb.NoticeReceipt]()
        state = self._register.journal.state()
        for start in range(0, len(notices), AT_ONCE):
            some = notices[start : start + AT_ONCE]

            def command(work: Work, some: Sequence[Arrived] = some) -> tuple[list[pb.NoticeReceipt], Batch]:
                return self._settle(work, some, charter, now)

            committed = self._register.journal.run(command, yields=True)
            state = committed.log_size, committed.log_root
            receipts += committed.value[0]
            self._after(committed.value[1])
        pages, start = [], 0
        for page in arrived:
            pages.append(self._sign(receipts[start : start + len(page)], charter, now, state))
            start += len(page)
        return pages

    def _settle(
        self, work: Work, arrived: Sequence[Arrived], charter: Charter, now: datetime
    ) -> tuple[list[pb.NoticeReceipt], Batch]:
        batch, receipts = Batch(self._register, some_moved=self._moved.any(work.view)), []
        known = {
            d: k.reported() for d, k in self._inbox.known(work.view, [a.digest for a in arrived]).items()
        }
        new = [a for a in arrived if a.entry is not None and a.digest not in known]
        arrived = self._applying.held(work, arrived, new, now)
        entries = [a.entry.row for a in new if a.entry is not None]
        batch.there = registered(self._register, work.view, entries) if entries else {}
        for item in arrived:
            earlier = known.get(item.digest)
            if earlier is not None:
                again = pb.NoticeReceipt()
                again.CopyFrom(earlier)
                again.repeated = True
                receipts.append(again)
                continue
            receipt = self._applying.one(work, item, batch, charter, now)
            waits = receipt.stage in UNDECIDED
            kind = item.notice.kind if isinstance(item.notice, pb.Notice) else pb.NOTICE_KIND_UNSPECIFIED
            batch.inbox.append(
                ReceivedNotice(
                    receipt,
                    sender=item.act.installation,
                    officer=item.act.officer,
                    kind=kind,
                    content=item.content if waits else None,
                )
            )
            known[item.digest] = reported(kind, receipt)
            receipts.append(known[item.digest])
            if isinstance(item.notice, pb.Notice) and item.notice.documents:
                batch.documented.append((receipt, item.notice))
        batch.flush(work)
        for receipt, notice in batch.documented:
            self._library.settle(work, receipt, notice, batch.loose)
        self._inbox.put(work, batch.inbox)
        notified_store.note(work, batch.notified)
        return receipts, batch

    def track(self, digests: Sequence[bytes]) -> list[pb.NoticeTrack]:
        """Return the outcomes of notices to gateways; unknown ones, and those that still wait, are left out.

        Of a notice whose sender hears no more, a gateway learns only where it is sent on to, or that it is settled.
        """
        if len(digests) > MOST_NOTICES:
            raise InvalidRequest.of("notices", "SIZE", f"at most {MOST_NOTICES} at once")
        now, charter = self._register.now(), self._charter()
        with self._register.journal.reading() as view:
            known = self._inbox.known(view, digests)
        settled = {d: known[d] for d in digests if d in known and known[d].receipt.stage not in UNDECIDED}
        return [
            pb.NoticeTrack(notice=digest, receipts=[self.signed([_outcome(each)], charter, now)])
            for digest, each in settled.items()
        ]

    def signed(self, receipts: Sequence[pb.NoticeReceipt], charter: Charter, now: datetime) -> Envelope:
        """Return receipts under this node's signature, with its commitment to the current log."""
        return self._sign(receipts, charter, now, self._register.journal.state())

    def _sign(
        self,
        receipts: Sequence[pb.NoticeReceipt],
        charter: Charter,
        now: datetime,
        state: tuple[int, bytes],
    ) -> Envelope:
        return sign_receipts(
            receipts,
            charter=charter,
            signer=self._signer,
            now=now,
            log_commitment=self._commitments.commit(*state, at=stamp(now)),
        )

    def _after(self, batch: Batch) -> None:
        self._library.tidy(batch.loose)


def _outcome(known: KnownNotice) -> pb.NoticeReceipt:
    """Return the outcome of a settled notice for gateways, which need to know where one is sent on to."""
    return known.receipt if known.receipt.stage == pb.NOTICE_STAGE_FORWARDED else known.reported()
