"""NoticeService and IntakeService at a node: gateways deliver, the agency's own officers decide."""

from __future__ import annotations

import grpc

from federation.methods import DECIDE_NOTICE, LIST_WAITING
from federation.v1 import notice_pb2 as pb
from federation.v1 import notice_pb2_grpc
from node.intake.deciding import Deciding
from node.intake.receiving import Receiving
from node.services.opening import Opening


class NoticeServicer(notice_pb2_grpc.NoticeServiceServicer):
    """Hands consignments to intake; only gateways get here."""

    def __init__(self, *, receiving: Receiving) -> None:
        self._receiving = receiving

    def Submit(self, request: pb.SubmitRequest, context: grpc.ServicerContext) -> pb.SubmitResponse:
        """Apply notices and return their receipts."""
        return pb.SubmitResponse(receipts=self._receiving.submit(request.consignments))

    def Track(self, request: pb.TrackRequest, context: grpc.ServicerContext) -> pb.TrackResponse:
        """Say what became of notices."""
        return pb.TrackResponse(tracks=self._receiving.track(request.notices))


class IntakeServicer(notice_pb2_grpc.IntakeServiceServicer):
    """The desk for notices that need a person."""

    def __init__(self, *, opening: Opening, deciding: Deciding) -> None:
        self._opening = opening
        self._deciding = deciding

    def ListWaiting(
        self, request: pb.ListWaitingRequest, context: grpc.ServicerContext
    ) -> pb.ListWaitingResponse:
        """Show what waits."""
        page, act = self._opening.open(request.envelope, LIST_WAITING, pb.WaitingPage, context)
        return pb.ListWaitingResponse(waiting=self._deciding.waiting(page, act))

    def Decide(self, request: pb.DecideRequest, context: grpc.ServicerContext) -> pb.DecideResponse:
        """Decide one."""
        decision, act = self._opening.open(request.envelope, DECIDE_NOTICE, pb.Decision, context)
        return pb.DecideResponse(receipts=self._deciding.decide(decision, act))

    def Report(self, request: pb.ReportRequest, context: grpc.ServicerContext) -> pb.ReportResponse:
        """Return the figures of intake."""
        return self._deciding.report()
