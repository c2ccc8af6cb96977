"""SealingService at a node: orders of its own agency, and proposals of gateways."""

from __future__ import annotations

import grpc

from federation.identity import Role
from federation.methods import PROPOSE, SEAL, SEALING_SHOW, UNSEAL
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from node.sealing.holding import Holding
from node.sealing.ordering import Ordering
from node.sealing.worklist import WorkList
from node.services.opening import Opening


class SealingServicer(sealing_pb2_grpc.SealingServiceServicer):
    """Opens the statement and hands the order on."""

    def __init__(self, *, opening: Opening, ordering: Ordering, holding: Holding, worklist: WorkList) -> None:
        self._opening = opening
        self._ordering = ordering
        self._holding = holding
        self._worklist = worklist

    def Seal(
        self, request: sealing_pb2.SealRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.SealResponse:
        """Seal a record."""
        body, act = self._opening.open(request.envelope, SEAL, sealing_pb2.Sealing, context)
        return sealing_pb2.SealResponse(receipt=self._ordering.seal(body, act))

    def Unseal(
        self, request: sealing_pb2.UnsealRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.UnsealResponse:
        """Unseal a record."""
        body, act = self._opening.open(request.envelope, UNSEAL, sealing_pb2.Unsealing, context)
        return sealing_pb2.UnsealResponse(receipt=self._ordering.unseal(body, act))

    def Propose(
        self, request: sealing_pb2.ProposeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.ProposeResponse:
        """Withhold what a gateway's proposals fit."""
        page, act = self._opening.open(
            request.envelope, PROPOSE, sealing_pb2.SealingProposalPage, context, role=Role.INTERCONNECTS
        )
        self._holding.hold(page, act)
        return sealing_pb2.ProposeResponse()

    def Show(
        self, request: sealing_pb2.SealingServiceShowRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.SealingServiceShowResponse:
        """Show the work list."""
        body, act = self._opening.open(request.envelope, SEALING_SHOW, sealing_pb2.SealingList, context)
        return sealing_pb2.SealingServiceShowResponse(tasks=self._worklist.show(body, act))
