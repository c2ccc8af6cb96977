"""RecallService at a node: its own agency learns to whom a record was disclosed; the rest is for gateways."""

from __future__ import annotations

import grpc

from federation.v1 import recall_pb2, recall_pb2_grpc, registry_pb2
from node.register.showing import OpenRecords
from server.opening import RequestOpener


class RecallServicer(recall_pb2_grpc.RecallServiceServicer):
    """Opens the statement and asks the register."""

    def __init__(self, *, opening: RequestOpener, showing: OpenRecords) -> None:
        self._opening = opening
        self._showing = showing

    def Told(self, request: recall_pb2.ToldRequest, context: grpc.ServicerContext) -> recall_pb2.ToldResponse:
        """Show to whom a record was disclosed."""
        reference, act = self._opening.open(request.envelope, registry_pb2.RecordReference, context)
        return recall_pb2.ToldResponse(disclosures=self._showing.disclosures(reference, act))
