"""HeadService at a node: whether its log went back, and its agency's acceptance."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from federation.charter.model import Charter
from federation.evidence.heads import head_message
from federation.v1 import heads_pb2 as pb
from federation.v1 import heads_pb2_grpc
from federation.values.clock import stamp
from federation.values.heads import Head
from node.continuity.continuity import Continuity
from node.continuity.informing import Informing
from node.continuity.store import WentBack
from server.journal.journal import Journal
from server.opening import RequestOpener


class HeadServicer(heads_pb2_grpc.HeadServiceServicer):
    """Shows the state of the log, and opens acceptances."""

    def __init__(
        self,
        *,
        opening: RequestOpener,
        continuity: Continuity,
        informing: Informing,
        journal: Journal,
        charter: Callable[[], Charter],
    ) -> None:
        self._opening = opening
        self._continuity = continuity
        self._informing = informing
        self._journal = journal
        self._charter = charter

    def GetStanding(
        self, request: pb.GetStandingRequest, context: grpc.ServicerContext
    ) -> pb.GetStandingResponse:
        """Show the log's head, what it has lost, and the head that each gateway knows."""
        acceptances = self._continuity.acceptances
        return pb.GetStandingResponse(
            node=self._continuity.node,
            now=head_message(Head(*self._journal.state())),
            went_back=_message(self._continuity.went_back),
            doubted=_message(self._continuity.doubted),
            given_up=head_message(acceptances[-1].lost) if acceptances else None,
            given_up_since=stamp(acceptances[-1].lost_since) if acceptances else "",
            gateways=[
                pb.GatewayStanding(
                    gateway=str(gateway.installation),
                    asked=self._informing.asked(gateway),
                    acceptance_waits=self._informing.waits(gateway),
                    acceptance_refused=self._informing.refused(gateway),
                )
                for gateway in self._charter().gateways
            ],
        )

    def AcceptLog(self, request: pb.AcceptLogRequest, context: grpc.ServicerContext) -> pb.AcceptLogResponse:
        """Take the statement of an officer of the agency."""
        acceptance, act = self._opening.open(request.envelope, pb.LogAcceptance, context)
        refused = any(self._informing.refused(gateway) for gateway in self._charter().gateways)
        now = self._continuity.accept(acceptance, act, request.envelope, refused=refused)
        self._informing.wake()
        return pb.AcceptLogResponse(now=head_message(now))


def _message(state: WentBack | None) -> pb.WentBack | None:
    if state is None:
        return None
    return pb.WentBack(
        known=head_message(state.known),
        known_by=state.known_by,
        found_at=state.found_at,
        last_entry_at=state.last_entry_at,
    )
