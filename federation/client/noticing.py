"""Client for submitting and tracking notices, and for decisions on those that wait at a node of the own member."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from federation.charter.envelope import GATEWAY
from federation.client.connection import PAGE_DEADLINE_S
from federation.client.part import ClientPart
from federation.errors import Corrupt
from federation.notices.document_receipts import read_way
from federation.notices.receipts import Tracked, read_receipts, read_track
from federation.statements.methods import (
    DECIDE_NOTICE,
    LIST_PARKED,
    LIST_WAITING,
    PARKED_AGAIN,
    SUBMIT_NOTICES,
    TRACK_NOTICES,
)
from federation.transport.limits import pages
from federation.transport.status import understood
from federation.v1 import (
    notice_pb2,
    notice_pb2_grpc,
    parked_pb2,
    parked_pb2_grpc,
)
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from federation.values.identity import Installation, Role

#: The most notices that a gateway accepts on one page.
MOST_NOTICES = 500


class Notices(ClientPart):
    """Notices at the gateway and at the own member's nodes."""

    def submit(self, notices: Sequence[notice_pb2.Notice]) -> list[notice_pb2.NoticeReceipt]:
        """Hand notices to the gateway, in as many pages as they need; return its verified receipts in their order."""
        contents = [notice.SerializeToString(deterministic=True) for notice in notices]
        return [
            receipt
            for page in pages(contents, len, most=lambda: MOST_NOTICES)
            for receipt in self._submit(page)
        ]

    def _submit(self, contents: Sequence[bytes]) -> list[notice_pb2.NoticeReceipt]:
        page = notice_pb2.NoticePage(notices=[hashlib.sha256(c).digest() for c in contents])
        body = page.SerializeToString(deterministic=True)
        envelope = self._connection.statement(body, method=SUBMIT_NOTICES, destination=GATEWAY)
        consignment = notice_pb2.Consignment(envelope=envelope, notices=contents)
        with understood():
            response = self._notices().Submit(
                notice_pb2.SubmitRequest(consignments=[consignment]), timeout=PAGE_DEADLINE_S
            )
        receipts = read_receipts(
            response.receipts[0], self.charter, role=Role.INTERCONNECTS, now=clock.now()
        ).receipts
        if [r.notice for r in receipts] != list(page.notices):
            raise Corrupt("the gateway acknowledged other notices than were sent")
        return list(receipts)

    def track(
        self,
        notices: Sequence[bytes],
        *,
        kind: notice_pb2.NoticeKind.ValueType = notice_pb2.NOTICE_KIND_UNSPECIFIED,
    ) -> list[Tracked]:
        """Return every stage of this member's notices with these digests; without any, of the newest (of a kind)."""
        asked = notice_pb2.NoticeList(notices=notices, newest=0 if notices else 100, kind=kind)
        body = asked.SerializeToString(deterministic=True)
        envelope = self._connection.statement(body, method=TRACK_NOTICES, destination=GATEWAY)
        with understood():
            response = self._notices().Track(
                notice_pb2.TrackRequest(envelope=envelope), timeout=PAGE_DEADLINE_S
            )
        charter, now = self.charter, clock.now()
        ways = [read_way(path, charter, now=now) for path in response.documents]
        return [read_track(track, charter, ways, now=now) for track in response.tracks]

    def waiting(
        self,
        node: str,
        *,
        limit: int = 200,
        after: bytes = b"",
        kind: notice_pb2.NoticeKind.ValueType = notice_pb2.NOTICE_KIND_UNSPECIFIED,
    ) -> list[notice_pb2.WaitingNotice]:
        """Return the notices (of a kind) on which an officer of this member's node has to decide."""
        page = notice_pb2.WaitingPage(limit=limit, after=after, kind=kind)
        body = page.SerializeToString(deterministic=True)
        stub, envelope = self._intake(node, body, LIST_WAITING)
        request = notice_pb2.ListWaitingRequest(envelope=envelope)
        with understood():
            return list(stub.ListWaiting(request, timeout=PAGE_DEADLINE_S).waiting)

    def decide(self, node: str, decision: notice_pb2.Decision) -> notice_pb2.NoticeReceipt:
        """Decide on a notice that waits at this member's node; return its further receipt."""
        body = decision.SerializeToString(deterministic=True)
        stub, envelope = self._intake(node, body, DECIDE_NOTICE)
        with understood():
            response = stub.Decide(notice_pb2.DecideRequest(envelope=envelope), timeout=PAGE_DEADLINE_S)
        page = read_receipts(response.receipts, self.charter, role=Role.ANSWERS, now=clock.now())
        return page.receipts[0]

    def report(self, server: Installation) -> notice_pb2.ReportResponse:
        """Return the figures of notices at a server of this member."""
        stub = notice_pb2_grpc.IntakeServiceStub(self._connection.to_server(server))
        with understood():
            return stub.Report(notice_pb2.ReportRequest(), timeout=PAGE_DEADLINE_S)

    def parked(self, node: str = "") -> tuple[list[parked_pb2.ParkedItem], bool]:
        """Return the parked items of the own member's gateway (for a node), and whether there are more."""
        page = parked_pb2.ParkedPage(limit=200, node=node)
        envelope = self._connection.statement(
            page.SerializeToString(), method=LIST_PARKED, destination=GATEWAY
        )
        request = parked_pb2.ParkedServiceListRequest(envelope=envelope)
        with understood():
            response = self._parked().List(request, timeout=PAGE_DEADLINE_S)
        return list(response.items), response.more

    def deliver_again(
        self, items: Sequence[parked_pb2.ParkedItem], reason: str
    ) -> list[parked_pb2.ParkedItem]:
        """Deliver parked items again; return those that were parked."""
        body = parked_pb2.ParkedAgain(items=items, reason=reason).SerializeToString()
        envelope = self._connection.statement(body, method=PARKED_AGAIN, destination=GATEWAY)
        request = parked_pb2.ParkedServiceAgainRequest(envelope=envelope)
        with understood():
            return list(self._parked().Again(request, timeout=PAGE_DEADLINE_S).items)

    def _parked(self) -> parked_pb2_grpc.ParkedServiceStub:
        gateway = self.charter.gateways[0]
        return parked_pb2_grpc.ParkedServiceStub(self._to(gateway.installation, gateway.endpoint))

    def _notices(self) -> notice_pb2_grpc.NoticeServiceStub:
        gateway = self.charter.gateways[0]
        return notice_pb2_grpc.NoticeServiceStub(self._to(gateway.installation, gateway.endpoint))

    def _intake(
        self, node: str, body: bytes, method: str
    ) -> tuple[notice_pb2_grpc.IntakeServiceStub, Envelope]:
        target = self._connection.node(node)
        stub = notice_pb2_grpc.IntakeServiceStub(self._to(target.installation, target.endpoint))
        return stub, self._connection.statement(body, method=method, destination=str(target.installation))
