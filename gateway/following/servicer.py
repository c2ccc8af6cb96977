"""RecallService at a gateway: nodes hand in, members are told and acknowledge, owners follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from federation.charter.envelope import GATEWAY, Opened, open_statement, require_same_member
from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.statements.methods import ACKNOWLEDGE_RECALLS, HAND_IN_RECALLS, LIST_RECALLS, TRACK_RECALLS
from federation.transport.layers import peer_of
from federation.v1 import recall_pb2 as pb
from federation.v1 import recall_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Role
from gateway.following.recalling import Recalling
from gateway.following.showing import Showing

M = TypeVar("M", bound=Message)


class RecallServicer(recall_pb2_grpc.RecallServiceServicer):
    """Opens the statement and hands it on."""

    def __init__(
        self,
        *,
        recalling: Recalling,
        showing: Showing,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._recalling = recalling
        self._showing = showing
        self._charter = charter
        self._now = now

    def HandIn(self, request: pb.HandInRequest, context: grpc.ServicerContext) -> pb.HandInResponse:
        """Take what a node told and holds no more."""
        page, opened = self._open(request.envelope, HAND_IN_RECALLS, Role.ANSWERS, pb.SupersededPage, context)
        return pb.HandInResponse(under_way=self._recalling.hand_in(page, opened))

    def List(
        self, request: pb.RecallServiceListRequest, context: grpc.ServicerContext
    ) -> pb.RecallServiceListResponse:
        """Show a member its recalls."""
        wanted, opened = self._open(request.envelope, LIST_RECALLS, Role.ASKS, pb.RecallFilter, context)
        return pb.RecallServiceListResponse(recalls=self._showing.listed(wanted, opened))

    def Acknowledge(
        self, request: pb.RecallServiceAcknowledgeRequest, context: grpc.ServicerContext
    ) -> pb.RecallServiceAcknowledgeResponse:
        """Keep a member's receipt."""
        said, opened = self._open(
            request.envelope, ACKNOWLEDGE_RECALLS, Role.ASKS, pb.RecallAcknowledgement, context
        )
        return pb.RecallServiceAcknowledgeResponse(
            receipts=self._showing.acknowledge(said, opened, request.envelope)
        )

    def Track(
        self, request: pb.RecallServiceTrackRequest, context: grpc.ServicerContext
    ) -> pb.RecallServiceTrackResponse:
        """Show an owner what became of the recalls that its records caused."""
        wanted, opened = self._open(request.envelope, TRACK_RECALLS, Role.REGISTERS, pb.RecallFilter, context)
        return pb.RecallServiceTrackResponse(tracks=self._showing.tracked(wanted, opened))

    def _open(
        self, envelope: Envelope, method: str, role: Role, body: type[M], context: grpc.ServicerContext
    ) -> tuple[M, Opened]:
        opened = open_statement(
            envelope, self._charter(), method=method, destination=GATEWAY, role=role, now=self._now()
        )
        require_same_member(opened, peer_of(context))
        try:
            return body.FromString(opened.statement.body), opened
        except DecodeError:
            raise InvalidRequest.of("body", "FORMAT", f"is not a {body.DESCRIPTOR.name}") from None
