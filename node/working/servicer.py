"""WorkingService at a node: its own case-handlers keep and see working records (R46)."""

from __future__ import annotations

import grpc

from federation.v1 import working_pb2 as pb
from federation.v1 import working_pb2_grpc
from node.working.handling import WorkingFiles
from server.opening import RequestOpener


class WorkingServicer(working_pb2_grpc.WorkingServiceServicer):
    """Opens the statement and hands it on."""

    def __init__(self, *, opening: RequestOpener, handling: WorkingFiles) -> None:
        self._opening = opening
        self._handling = handling

    def Add(self, request: pb.AddRequest, context: grpc.ServicerContext) -> pb.AddResponse:
        """Keep a working record."""
        body, act = self._opening.open(request.envelope, pb.WorkingNote, context)
        return pb.AddResponse(receipt=self._handling.add(body, act))

    def Show(
        self, request: pb.WorkingServiceShowRequest, context: grpc.ServicerContext
    ) -> pb.WorkingServiceShowResponse:
        """Show a working record to one of its handlers."""
        body, act = self._opening.open(request.envelope, pb.WorkingReference, context)
        return pb.WorkingServiceShowResponse(record=self._handling.show(body, act))

    def Find(self, request: pb.FindRequest, context: grpc.ServicerContext) -> pb.FindResponse:
        """List the working records about a person that the officer handles."""
        body, act = self._opening.open(request.envelope, pb.WorkingSearch, context)
        return pb.FindResponse(records=self._handling.find(body, act))

    def Assign(self, request: pb.AssignRequest, context: grpc.ServicerContext) -> pb.AssignResponse:
        """Let another officer handle it too."""
        body, act = self._opening.open(request.envelope, pb.WorkingAssignment, context)
        return pb.AssignResponse(receipt=self._handling.assign(body, act))
