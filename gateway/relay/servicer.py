"""NoticeService and the figures of IntakeService at the gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import grpc

from federation.errors import InvalidRequest, NotFound
from federation.transport.layers import peer_of
from federation.v1 import notice_pb2 as pb
from federation.v1 import notice_pb2_grpc
from federation.v1 import stored_document_pb2 as documents_pb
from gateway.documents.keeping import Keeping
from gateway.relay.accepting import Accepting
from gateway.relay.tracking import Tracking


class NoticeServicer(notice_pb2_grpc.NoticeServiceServicer):
    """Hands notices to the relay."""

    def __init__(self, *, accepting: Accepting, tracking: Tracking, keeping: Keeping) -> None:
        self._accepting = accepting
        self._tracking = tracking
        self._keeping = keeping

    def Submit(self, request: pb.SubmitRequest, context: grpc.ServicerContext) -> pb.SubmitResponse:
        """Accept a page of notices."""
        if len(request.consignments) != 1:
            raise InvalidRequest.of("consignments", "SIZE", "a gateway takes exactly one at a time")
        return pb.SubmitResponse(receipts=[self._accepting.submit(request.consignments[0], peer_of(context))])

    def Track(self, request: pb.TrackRequest, context: grpc.ServicerContext) -> pb.TrackResponse:
        """Show the stages of notices."""
        return self._tracking.track(request.envelope, peer_of(context))

    def PutDocument(
        self, request_iterator: Iterator[documents_pb.PutDocumentRequest], context: grpc.ServicerContext
    ) -> Iterator[documents_pb.PutDocumentResponse]:
        """Take a document in."""
        yield from self._keeping.put(request_iterator, peer_of(context))

    def GetDocument(
        self, request: documents_pb.GetDocumentRequest, context: grpc.ServicerContext
    ) -> Iterator[documents_pb.GetDocumentResponse]:
        """Give a document back to its sender."""
        yield from self._keeping.get(request.envelope, peer_of(context))


class GatewayIntakeServicer(notice_pb2_grpc.IntakeServiceServicer):
    """The figures only: nothing waits for an officer at a gateway."""

    def __init__(self, *, tracking: Tracking, recalls: Callable[[], list[pb.RecallRow]]) -> None:
        self._tracking = tracking
        self._recalls = recalls

    def Report(self, request: pb.ReportRequest, context: grpc.ServicerContext) -> pb.ReportResponse:
        """Return volumes, lateness, deliveries, recalls."""
        report = self._tracking.report()
        report.recalls.extend(self._recalls())
        return report

    def ListWaiting(
        self, request: pb.ListWaitingRequest, context: grpc.ServicerContext
    ) -> pb.ListWaitingResponse:
        """Nothing waits here."""
        raise NotFound("notices wait for officers at nodes, not at a gateway")

    def Decide(self, request: pb.DecideRequest, context: grpc.ServicerContext) -> pb.DecideResponse:
        """Nothing is decided here."""
        raise NotFound("notices wait for officers at nodes, not at a gateway")
