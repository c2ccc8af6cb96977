"""IntakeService at a gateway: the figures of notices, and of the recalls that followed."""

from __future__ import annotations

import grpc

from federation.errors import NotFound
from federation.v1 import notice_pb2 as pb
from federation.v1 import notice_pb2_grpc
from gateway.following.recalling import RecallMaker
from gateway.relay.tracking import NoticeTracker


class IntakeServicer(notice_pb2_grpc.IntakeServiceServicer):
    """The figures only: nothing waits for an officer at a gateway."""

    def __init__(self, *, tracking: NoticeTracker, recalling: RecallMaker) -> None:
        self._tracking = tracking
        self._recalling = recalling

    def Report(self, request: pb.ReportRequest, context: grpc.ServicerContext) -> pb.ReportResponse:
        """Return volumes, lateness, deliveries, recalls."""
        report = self._tracking.report()
        report.recalls.extend(self._recalling.figures())
        return report

    def ListWaiting(
        self, request: pb.ListWaitingRequest, context: grpc.ServicerContext
    ) -> pb.ListWaitingResponse:
        """Nothing waits here."""
        raise NotFound("notices wait for officers at nodes, not at a gateway")

    def Decide(self, request: pb.DecideRequest, context: grpc.ServicerContext) -> pb.DecideResponse:
        """Nothing is decided here."""
        raise NotFound("notices wait for officers at nodes, not at a gateway")
