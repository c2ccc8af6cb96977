"""OfficerService at a node: its own officers keep the roll of officers."""

from __future__ import annotations

import grpc

from federation.v1 import officer_pb2 as pb
from federation.v1 import officer_pb2_grpc
from node.officers.roll import Roll
from server.opening import RequestOpener


class OfficerServicer(officer_pb2_grpc.OfficerServiceServicer):
    """Opens the statement and hands it on."""

    def __init__(self, *, opening: RequestOpener, roll: Roll) -> None:
        self._opening = opening
        self._roll = roll

    def Register(self, request: pb.RegisterRequest, context: grpc.ServicerContext) -> pb.RegisterResponse:
        """Register an officer."""
        body, act = self._opening.open(request.envelope, pb.OfficerRegistration, context)
        return pb.RegisterResponse(officer=self._roll.register(body, act))

    def Remove(self, request: pb.RemoveRequest, context: grpc.ServicerContext) -> pb.RemoveResponse:
        """Remove an officer."""
        body, act = self._opening.open(request.envelope, pb.OfficerRemoval, context)
        return pb.RemoveResponse(officer=self._roll.remove(body, act))

    def List(
        self, request: pb.OfficerServiceListRequest, context: grpc.ServicerContext
    ) -> pb.OfficerServiceListResponse:
        """List the officers."""
        body, act = self._opening.open(request.envelope, pb.OfficerList, context)
        return pb.OfficerServiceListResponse(officers=self._roll.list(body, act))
