"""Check that a page matches its signature and each notice the rules, and route the notices that pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from google.protobuf.message import DecodeError

from federation.charter.envelope import OpenedStatement
from federation.charter.model import Charter
from federation.errors import FieldViolation, InvalidRequest
from federation.notices.check import admit_notice, digest_of, parse_notice
from federation.notices.due import due_of
from federation.notices.receipts import violations_of
from federation.notices.requests import awaits_reply, owner
from federation.notices.routing import Stop, stops
from federation.v1 import notice_pb2 as pb
from federation.values.clock import legal_day, stamp
from gateway.documents.kept import KeptDocument, KeptDocuments, faults
from gateway.relay.deliveries import NoticeRoute
from gateway.relay.submissions import AcceptedNotice
from gateway.strongbox import Strongbox
from server.journal.journal import Journal
from server.journal.work import View

#: Notices in one page.
MOST_NOTICES = 500


@dataclass(frozen=True, slots=True)
class Fit:
    """A notice to accept, unless it was accepted before: its destinations and its receipt."""

    notice: AcceptedNotice
    ways: Sequence[NoticeRoute]
    receipt: pb.NoticeReceipt
    documents: Sequence[pb.DocumentReference]


class NoticeChecker:
    """Checks notices one by one, outside the transaction."""

    def __init__(
        self, *, journal: Journal, strongbox: Strongbox, documents: KeptDocuments, allow_synthetic: bool
    ) -> None:
        self._journal = journal
        self._box = strongbox
        self._documents = documents
        self._allow_synthetic = allow_synthetic

    def fit(
        self, digest: bytes, content: bytes, opened: OpenedStatement, charter: Charter, now: datetime
    ) -> Fit | pb.NoticeReceipt:
        """Return a notice to accept, or the receipt that refuses it."""
        receipt = pb.NoticeReceipt(notice=digest, at=stamp(now))
        sender = charter.members[opened.installation.member]
        try:
            notice = parse_notice(content)
            canonical = admit_notice(
                notice,
                sender,
                today=legal_day(now),
                allow_synthetic=self._allow_synthetic,
                extensions=charter.extensions,
            )
            if awaits_reply(canonical):
                places = [Stop(owner(charter, canonical, sender.id), pb.ADDRESSING_OWNER)]
            else:
                places = stops(charter, canonical)
            self._insist_documents(canonical, opened)
        except InvalidRequest as error:
            receipt.stage = pb.NOTICE_STAGE_REFUSED
            receipt.violations.extend(violations_of(error.violations))
            return receipt
        due, late = due_of(canonical, legal_day(now))
        receipt.stage = pb.NOTICE_STAGE_ACCEPTED
        receipt.due_on, receipt.late_days = due.isoformat(), late
        for stop in places:
            receipt.addressees.add(node=stop.node.name, addressing=stop.addressing)
        accepted = AcceptedNotice(digest, opened.installation.member, canonical.kind, late, content)
        ways = ways_to(places, canonical, digest, self._box)
        return Fit(accepted, ways, receipt, canonical.documents)

    def _insist_documents(self, notice: pb.Notice, opened: OpenedStatement) -> None:
        if notice.documents:
            with self._journal.reading() as view:
                found = list(faults(notice, partial(self._find, view, opened.installation.member)))
            if found:
                raise InvalidRequest(found)

    def _find(self, view: View, sender: str, sha256: bytes) -> KeptDocument | None:
        return self._documents.find(view, self._documents.token(sender, sha256))


def page_of(opened: OpenedStatement, consignment: pb.Consignment) -> list[bytes]:
    """Return the digests that the sender signed; raises `InvalidRequest` unless they match the notices."""
    try:
        signed = list(pb.NoticePage.FromString(opened.statement.body).notices)
    except DecodeError:
        raise InvalidRequest.of("body", "FORMAT", "is not a NoticePage") from None
    if not 1 <= len(signed) <= MOST_NOTICES:
        raise InvalidRequest.of(
            "notices", "SIZE", f"a page holds 1 to {MOST_NOTICES} notices: send more pages"
        )
    if len(signed) != len(consignment.notices):
        raise InvalidRequest.of(
            "notices",
            "SIZE",
            f"{len(consignment.notices)} notices where {len(signed)} were signed for: send what was signed",
        )
    wrong = [
        FieldViolation(f"notices[{n}]", "DIGEST", "is not the notice that was signed for: send it as signed")
        for n, content in enumerate(consignment.notices)
        if digest_of(content) != signed[n]
    ]
    if wrong:
        raise InvalidRequest(wrong)
    return signed


def ways_to(
    places: Sequence[Stop], notice: pb.Notice, digest: bytes, box: Strongbox, *, heard: bool = True
) -> list[NoticeRoute]:
    """Return the ways of a notice to `places`; with `heard`, its sender is shown them."""
    judgment_key, person_key = box.order_keys(notice)
    return [
        NoticeRoute(digest, str(stop.node.name), stop.addressing, judgment_key, person_key, heard)
        for stop in places
    ]
