"""ReconciliationService at the gateway: a court's list against its own notices."""

from __future__ import annotations

import grpc

from federation.transport.layers import peer_of
from federation.v1 import timeliness_pb2 as pb
from federation.v1 import timeliness_pb2_grpc
from gateway.relay.reconciling import Reconciling


class ReconciliationServicer(timeliness_pb2_grpc.ReconciliationServiceServicer):
    """Hands the list on."""

    def __init__(self, *, reconciling: Reconciling) -> None:
        self._reconciling = reconciling

    def Reconcile(self, request: pb.ReconcileRequest, context: grpc.ServicerContext) -> pb.ReconcileResponse:
        """Compare a list with what was accepted."""
        return pb.ReconcileResponse(judgments=self._reconciling.reconcile(request.envelope, peer_of(context)))
