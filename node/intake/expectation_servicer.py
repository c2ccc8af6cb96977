"""ExpectationService at a node: its own member and county bureaus see which notices are expected."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from federation.charter.model import Charter
from federation.transport.layers import peer_of
from federation.v1 import timeliness_pb2 as pb
from federation.v1 import timeliness_pb2_grpc
from federation.values.identity import MemberId, Role
from node.intake.expecting import Enquirer, ExpectedNotices
from server.opening import RequestOpener


class ExpectationServicer(timeliness_pb2_grpc.ExpectationServiceServicer):
    """Opens the statement, determines who asks, and hands it on."""

    def __init__(
        self,
        *,
        opening: RequestOpener,
        expecting: ExpectedNotices,
        charter: Callable[[], Charter],
        own: MemberId,
    ) -> None:
        self._opening = opening
        self._expecting = expecting
        self._charter = charter
        self._own = own

    def ListExpected(
        self, request: pb.ListExpectedRequest, context: grpc.ServicerContext
    ) -> pb.ListExpectedResponse:
        """List expected notices."""
        own = peer_of(context).member == self._own
        role = Role.REGISTERS if own else Role.NOTIFIES
        page, act = self._opening.open(request.envelope, pb.ExpectedPage, context, role=lambda _: role)
        asker = Enquirer(self._charter().members[act.installation.member], own)
        return self._expecting.show(page, act, asker)
