"""NoticeService and IntakeService at a node: gateways deliver, the agency's own officers decide."""

from __future__ import annotations

from collections.abc import Iterator

import grpc

from federation.notices.documents import insist_wanted
from federation.transport.layers import peer_of
from federation.v1 import notice_pb2 as pb
from federation.v1 import notice_pb2_grpc
from federation.v1 import stored_document_pb2 as documents_pb
from node.documents.library import Library
from node.intake.deciding import NoticeDecisions
from node.intake.receiving import ConsignmentReceiver
from server.opening import RequestOpener


class NoticeServicer(notice_pb2_grpc.NoticeServiceServicer):
    """Hands gateways' consignments and documents to intake, and stored documents to the agency's own officers."""

    def __init__(self, *, receiving: ConsignmentReceiver, library: Library, opening: RequestOpener) -> None:
        self._receiving = receiving
        self._library = library
        self._opening = opening

    def Submit(self, request: pb.SubmitRequest, context: grpc.ServicerContext) -> pb.SubmitResponse:
        """Apply notices and return their receipts."""
        return pb.SubmitResponse(receipts=self._receiving.submit(request.consignments))

    def Track(self, request: pb.TrackRequest, context: grpc.ServicerContext) -> pb.TrackResponse:
        """Return the outcomes of notices."""
        return pb.TrackResponse(tracks=self._receiving.track(request.notices))

    def PutDocument(
        self, request_iterator: Iterator[documents_pb.PutDocumentRequest], context: grpc.ServicerContext
    ) -> Iterator[documents_pb.PutDocumentResponse]:
        """Take a document in."""
        yield from self._library.put(request_iterator, peer_of(context))

    def GetDocument(
        self, request: documents_pb.GetDocumentRequest, context: grpc.ServicerContext
    ) -> Iterator[documents_pb.GetDocumentResponse]:
        """Show a document."""
        body, act = self._opening.open(request.envelope, documents_pb.DocumentWanted, context)
        yield from self._library.get(insist_wanted(body), act)


class IntakeServicer(notice_pb2_grpc.IntakeServiceServicer):
    """The notices that need a person."""

    def __init__(self, *, opening: RequestOpener, deciding: NoticeDecisions) -> None:
        self._opening = opening
        self._deciding = deciding

    def ListWaiting(
        self, request: pb.ListWaitingRequest, context: grpc.ServicerContext
    ) -> pb.ListWaitingResponse:
        """Show waiting notices."""
        page, act = self._opening.open(request.envelope, pb.WaitingPage, context)
        return pb.ListWaitingResponse(waiting=self._deciding.waiting(page, act))

    def Decide(self, request: pb.DecideRequest, context: grpc.ServicerContext) -> pb.DecideResponse:
        """Decide one."""
        decision, act = self._opening.open(request.envelope, pb.Decision, context)
        return pb.DecideResponse(receipts=self._deciding.decide(decision, act))

    def Report(self, request: pb.ReportRequest, context: grpc.ServicerContext) -> pb.ReportResponse:
        """Return the figures of intake."""
        return self._deciding.report()
