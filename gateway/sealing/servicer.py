"""SealingService at a gateway: nodes' proposals and objections; nothing else is served here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from federation.charter.envelope import GATEWAY, Opened, open_statement, require_same_member
from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.statements.methods import ACKNOWLEDGE, PROPOSE
from federation.transport.layers import peer_of
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Role
from gateway.sealing.taking import Taking

M = TypeVar("M", bound=Message)


class SealingServicer(sealing_pb2_grpc.SealingServiceServicer):
    """Opens the statement of a node and hands its proposals on."""

    def __init__(
        self, *, taking: Taking, charter: Callable[[], Charter], now: Callable[[], datetime]
    ) -> None:
        self._taking = taking
        self._charter = charter
        self._now = now

    def Propose(
        self, request: sealing_pb2.ProposeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.ProposeResponse:
        """Take proposals in."""
        page, opened = self._opened(request.envelope, PROPOSE, sealing_pb2.SealingProposalPage, context)
        self._taking.relay(page, opened)
        return sealing_pb2.ProposeResponse()

    def Acknowledge(
        self, request: sealing_pb2.AcknowledgeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.AcknowledgeResponse:
        """Take a holder's objections in."""
        page, opened = self._opened(request.envelope, ACKNOWLEDGE, sealing_pb2.AcknowledgementPage, context)
        self._taking.take_objections(page, opened)
        return sealing_pb2.AcknowledgeResponse()

    def _opened(
        self, envelope: Envelope, method: str, body: type[M], context: grpc.ServicerContext
    ) -> tuple[M, Opened]:
        opened = open_statement(
            envelope,
            self._charter(),
            method=method,
            destination=GATEWAY,
            role=Role.ANSWERS,
            now=self._now(),
        )
        require_same_member(opened, peer_of(context))
        try:
            return body.FromString(opened.statement.body), opened
        except DecodeError:
            raise InvalidRequest.of("body", "FORMAT", f"is not a {body.DESCRIPTOR.name}") from None
