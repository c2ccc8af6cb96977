"""ReconciliationService at the gateway: a court's list against its own notices."""

from __future__ import annotations

import grpc

from federation.v1 import timeliness_pb2 as pb
from federation.v1 import timeliness_pb2_grpc
from gateway.relay.reconciling import CourtReconciler
from server.opening import RequestOpener


class ReconciliationServicer(timeliness_pb2_grpc.ReconciliationServiceServicer):
    """Hands the list on."""

    def __init__(self, *, opening: RequestOpener, reconciling: CourtReconciler) -> None:
        self._opening = opening
        self._reconciling = reconciling

    def Reconcile(self, request: pb.ReconcileRequest, context: grpc.ServicerContext) -> pb.ReconcileResponse:
        """Compare a list with the accepted notices."""
        listed, act = self._opening.open(request.envelope, pb.JudgmentList, context)
        return pb.ReconcileResponse(judgments=self._reconciling.reconcile(listed, act))
