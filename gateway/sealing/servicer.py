"""SealingService at a gateway: nodes' proposals and objections, and no other method."""

from __future__ import annotations

import grpc

from federation.v1 import sealing_pb2, sealing_pb2_grpc
from gateway.sealing.taking import ProposalIntake
from server.opening import RequestOpener


class SealingServicer(sealing_pb2_grpc.SealingServiceServicer):
    """Opens the statement of a node and hands its proposals on."""

    def __init__(self, *, opening: RequestOpener, taking: ProposalIntake) -> None:
        self._opening = opening
        self._taking = taking

    def Propose(
        self, request: sealing_pb2.ProposeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.ProposeResponse:
        """Accept proposals."""
        page, act = self._opening.open(request.envelope, sealing_pb2.SealingProposalPage, context)
        self._taking.relay(page, act)
        return sealing_pb2.ProposeResponse()

    def Acknowledge(
        self, request: sealing_pb2.AcknowledgeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.AcknowledgeResponse:
        """Accept a holder's objections."""
        page, act = self._opening.open(request.envelope, sealing_pb2.AcknowledgementPage, context)
        self._taking.take_objections(page, act)
        return sealing_pb2.AcknowledgeResponse()
