"""NoticeService at the gateway."""

from __future__ import annotations

from collections.abc import Iterator

import grpc

from federation.errors import InvalidRequest
from federation.notices.documents import insist_wanted
from federation.notices.requests import signing_role
from federation.transport.layers import admitted
from federation.v1 import notice_pb2 as pb
from federation.v1 import notice_pb2_grpc
from federation.v1 import stored_document_pb2 as documents_pb
from gateway.documents.keeping import DocumentKeeper
from gateway.relay.accepting import NoticeAcceptor
from gateway.relay.tracking import NoticeTracker
from server.opening import RequestOpener
from server.uploading import first_part


class NoticeServicer(notice_pb2_grpc.NoticeServiceServicer):
    """Hands notices to the relay."""

    def __init__(
        self,
        *,
        opening: RequestOpener,
        accepting: NoticeAcceptor,
        tracking: NoticeTracker,
        keeping: DocumentKeeper,
    ) -> None:
        self._opening = opening
        self._accepting = accepting
        self._tracking = tracking
        self._keeping = keeping

    def Submit(self, request: pb.SubmitRequest, context: grpc.ServicerContext) -> pb.SubmitResponse:
        """Accept a page of notices."""
        if len(request.consignments) != 1:
            raise InvalidRequest.of("consignments", "SIZE", "a gateway takes exactly one at a time")
        (consignment,) = request.consignments
        opened = self._opening.statement(
            consignment.envelope,
            admitted(context),
            role=lambda charter: signing_role(consignment.envelope, charter, consignment.notices),
        )
        return pb.SubmitResponse(receipts=[self._accepting.submit(consignment, opened)])

    def Track(self, request: pb.TrackRequest, context: grpc.ServicerContext) -> pb.TrackResponse:
        """Show the stages of notices."""
        listed, act = self._opening.open(
            request.envelope,
            pb.NoticeList,
            context,
            role=lambda charter: signing_role(request.envelope, charter, ()),
        )
        return self._tracking.track(listed, act)

    def PutDocument(
        self, request_iterator: Iterator[documents_pb.PutDocumentRequest], context: grpc.ServicerContext
    ) -> Iterator[documents_pb.PutDocumentResponse]:
        """Receive a document."""
        envelope = first_part(request_iterator, "envelope").envelope
        content, act = self._opening.open(envelope, documents_pb.DocumentContent, context)
        yield from self._keeping.put(content, act, request_iterator)

    def GetDocument(
        self, request: documents_pb.GetDocumentRequest, context: grpc.ServicerContext
    ) -> Iterator[documents_pb.GetDocumentResponse]:
        """Return a document to its sender."""
        wanted, act = self._opening.open(request.envelope, documents_pb.DocumentWanted, context)
        yield from self._keeping.get(insist_wanted(wanted), act)
