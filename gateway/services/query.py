"""QueryService at the gateway."""

from __future__ import annotations

import grpc

from federation.transport.layers import peer_of
from federation.v1 import query_pb2, query_pb2_grpc
from gateway.interconnect import Interconnect


class QueryServicer(query_pb2_grpc.QueryServiceServicer):
    """Hands a question to the interconnect."""

    def __init__(self, *, interconnect: Interconnect) -> None:
        self._interconnect = interconnect

    def Ask(self, request: query_pb2.AskRequest, context: grpc.ServicerContext) -> query_pb2.AskResponse:
        """Answer one question."""
        return query_pb2.AskResponse(answer=self._interconnect.ask(request.envelope, peer_of(context)))
