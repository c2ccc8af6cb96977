"""ParkedService at the gateway: its own officers see what is set aside and have it delivered again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from federation.charter.envelope import GATEWAY, Opened, open_statement, require_same_member
from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.statements.methods import LIST_PARKED, PARKED_AGAIN
from federation.transport.layers import peer_of
from federation.v1 import parked_pb2 as pb
from federation.v1 import parked_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Role
from gateway.relay.parked import Parked

M = TypeVar("M", bound=Message)


class ParkedServicer(parked_pb2_grpc.ParkedServiceServicer):
    """Opens the statement and hands it on."""

    def __init__(
        self, *, parked: Parked, charter: Callable[[], Charter], now: Callable[[], datetime]
    ) -> None:
        self._parked = parked
        self._charter = charter
        self._now = now

    def List(
        self, request: pb.ParkedServiceListRequest, context: grpc.ServicerContext
    ) -> pb.ParkedServiceListResponse:
        """Show what is parked."""
        page, opened = self._open(request.envelope, LIST_PARKED, pb.ParkedPage, context)
        items, more = self._parked.listed(page, opened)
        return pb.ParkedServiceListResponse(items=items, more=more)

    def Again(
        self, request: pb.ParkedServiceAgainRequest, context: grpc.ServicerContext
    ) -> pb.ParkedServiceAgainResponse:
        """Put it on its way again."""
        wanted, opened = self._open(request.envelope, PARKED_AGAIN, pb.ParkedAgain, context)
        return pb.ParkedServiceAgainResponse(items=self._parked.again(wanted, opened))

    def _open(
        self, envelope: Envelope, method: str, body: type[M], context: grpc.ServicerContext
    ) -> tuple[M, Opened]:
        opened = open_statement(
            envelope, self._charter(), method=method, destination=GATEWAY, role=Role.ASKS, now=self._now()
        )
        require_same_member(opened, peer_of(context))
        try:
            return body.FromString(opened.statement.body), opened
        except DecodeError:
            raise InvalidRequest.of("body", "FORMAT", f"is not a {body.DESCRIPTOR.name}") from None
