"""ParkedService at the gateway: its own officers see parked items and have them sent again."""

from __future__ import annotations

import grpc

from federation.v1 import parked_pb2 as pb
from federation.v1 import parked_pb2_grpc
from gateway.relay.parked import Parked
from server.opening import RequestOpener


class ParkedServicer(parked_pb2_grpc.ParkedServiceServicer):
    """Opens the statement and hands it on."""

    def __init__(self, *, opening: RequestOpener, parked: Parked) -> None:
        self._opening = opening
        self._parked = parked

    def List(
        self, request: pb.ParkedServiceListRequest, context: grpc.ServicerContext
    ) -> pb.ParkedServiceListResponse:
        """List parked items."""
        page, act = self._opening.open(request.envelope, pb.ParkedPage, context)
        items, more = self._parked.listed(page, act)
        return pb.ParkedServiceListResponse(items=items, more=more)

    def Again(
        self, request: pb.ParkedServiceAgainRequest, context: grpc.ServicerContext
    ) -> pb.ParkedServiceAgainResponse:
        """Send parked items again."""
        wanted, act = self._opening.open(request.envelope, pb.ParkedAgain, context)
        return pb.ParkedServiceAgainResponse(items=self._parked.again(wanted, act))
