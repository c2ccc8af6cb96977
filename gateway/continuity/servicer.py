"""HeadService at a gateway: nodes ask about their own log and hand in acceptances, gateways ask about all."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from federation.charter.model import Charter, Node
from federation.errors import InvalidRequest, PermissionDenied
from federation.evidence.acceptance import MOST_ACCEPTANCES
from federation.v1 import heads_pb2 as pb
from federation.v1 import heads_pb2_grpc
from federation.values.identity import Installation
from gateway.continuity.heads import Heads
from server.opening import RequestOpener

ALL = "*"


class HeadServicer(heads_pb2_grpc.HeadServiceServicer):
    """Opens the statement of a node or gateway and answers from the heads known here."""

    def __init__(self, *, opening: RequestOpener, heads: Heads, charter: Callable[[], Charter]) -> None:
        self._opening = opening
        self._heads = heads
        self._charter = charter

    def GetHighestHead(
        self, request: pb.GetHighestHeadRequest, context: grpc.ServicerContext
    ) -> pb.GetHighestHeadResponse:
        """Return the highest known head of the caller's own log."""
        query, act = self._opening.open(request.envelope, pb.HeadQuery, context)
        known = self._heads.known(self._own(query.node, act.installation).name)
        return pb.GetHighestHeadResponse(head=known.message() if known else None)

    def HandInAcceptance(
        self, request: pb.HandInAcceptanceRequest, context: grpc.ServicerContext
    ) -> pb.HandInAcceptanceResponse:
        """Take acceptances of the caller's own log by its agency; a page that is sent again changes nothing."""
        page, _ = self._opening.open(request.envelope, pb.AcceptancePage, context)
        if not 1 <= len(page.acceptances) <= MOST_ACCEPTANCES:
            raise InvalidRequest.of("acceptances", "SIZE", f"1 to {MOST_ACCEPTANCES}")
        return pb.HandInAcceptanceResponse(notices_again=self._heads.accept_all(page.acceptances))

    def ListHeads(self, request: pb.ListHeadsRequest, context: grpc.ServicerContext) -> pb.ListHeadsResponse:
        """Return the heads of all nodes to another gateway."""
        query, _ = self._opening.open(request.envelope, pb.HeadQuery, context)
        if query.node != ALL:
            raise InvalidRequest.of("node", "FORMAT", f'a gateway asks for all: "{ALL}"')
        return pb.ListHeadsResponse(heads=[known.message() for known in self._heads.all()])

    def _own(self, name: str, caller: Installation) -> Node:
        """Return the node called `name` if the caller runs it; raises `PermissionDenied`."""
        for node in self._charter().nodes:
            if node.name == name and node.installation == caller:
                return node
        raise PermissionDenied(f"{caller} asks about the log of {name[:64]!r}: a node asks about its own")
