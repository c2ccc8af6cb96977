"""SealingService at a gateway: nodes' proposals for the other holders; nothing else is served here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import grpc
from google.protobuf.message import DecodeError

from federation.charter.model import Charter
from federation.envelope import GATEWAY, open_statement, require_same_member
from federation.errors import InvalidRequest
from federation.identity import Role
from federation.methods import PROPOSE
from federation.transport.layers import peer_of
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from gateway.proposing import Proposing


class SealingServicer(sealing_pb2_grpc.SealingServiceServicer):
    """Opens the statement of a node and hands its proposals on."""

    def __init__(
        self, *, proposing: Proposing, charter: Callable[[], Charter], now: Callable[[], datetime]
    ) -> None:
        self._proposing = proposing
        self._charter = charter
        self._now = now

    def Propose(
        self, request: sealing_pb2.ProposeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.ProposeResponse:
        """Take proposals in."""
        opened = open_statement(
            request.envelope,
            self._charter(),
            method=PROPOSE,
            destination=GATEWAY,
            role=Role.ANSWERS,
            now=self._now(),
        )
        require_same_member(opened, peer_of(context))
        try:
            page = sealing_pb2.SealingProposalPage.FromString(opened.statement.body)
        except DecodeError:
            raise InvalidRequest.of("body", "FORMAT", "is not a SealingProposalPage") from None
        self._proposing.relay(page, opened)
        return sealing_pb2.ProposeResponse()
