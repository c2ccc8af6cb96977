"""RecallService at a gateway: nodes report superseded records, members acknowledge recalls, owners track them."""

from __future__ import annotations

import grpc

from federation.v1 import recall_pb2 as pb
from federation.v1 import recall_pb2_grpc
from gateway.following.recalling import RecallMaker
from gateway.following.showing import RecallLists
from server.opening import RequestOpener


class RecallServicer(recall_pb2_grpc.RecallServiceServicer):
    """Opens the statement and hands it on."""

    def __init__(
        self,
        *,
        opening: RequestOpener,
        recalling: RecallMaker,
        showing: RecallLists,
    ) -> None:
        self._opening = opening
        self._recalling = recalling
        self._showing = showing

    def HandIn(self, request: pb.HandInRequest, context: grpc.ServicerContext) -> pb.HandInResponse:
        """Accept a node's list of disclosures that are no longer accurate."""
        page, act = self._opening.open(request.envelope, pb.SupersededPage, context)
        return pb.HandInResponse(under_way=self._recalling.hand_in(page, act))

    def List(
        self, request: pb.RecallServiceListRequest, context: grpc.ServicerContext
    ) -> pb.RecallServiceListResponse:
        """Show a member its recalls."""
        wanted, act = self._opening.open(request.envelope, pb.RecallFilter, context)
        return pb.RecallServiceListResponse(recalls=self._showing.listed(wanted, act))

    def Acknowledge(
        self, request: pb.RecallServiceAcknowledgeRequest, context: grpc.ServicerContext
    ) -> pb.RecallServiceAcknowledgeResponse:
        """Keep a member's receipt."""
        acknowledgement, act = self._opening.open(request.envelope, pb.RecallAcknowledgement, context)
        return pb.RecallServiceAcknowledgeResponse(
            receipts=self._showing.acknowledge(acknowledgement, act, request.envelope)
        )

    def Track(
        self, request: pb.RecallServiceTrackRequest, context: grpc.ServicerContext
    ) -> pb.RecallServiceTrackResponse:
        """Show an owner the state of the recalls that its records caused."""
        wanted, act = self._opening.open(request.envelope, pb.RecallFilter, context)
        return pb.RecallServiceTrackResponse(tracks=self._showing.tracked(wanted, act))
