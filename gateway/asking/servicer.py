"""QueryService at the gateway."""

from __future__ import annotations

import grpc

from federation.transport.layers import admitted
from federation.v1 import query_pb2, query_pb2_grpc
from gateway.asking.interconnect import Interconnect
from gateway.asking.looping import EventLoop


class QueryServicer(query_pb2_grpc.QueryServiceServicer):
    """Hands a question to the interconnect."""

    def __init__(self, *, interconnect: Interconnect, looping: EventLoop) -> None:
        self._interconnect = interconnect
        self._looping = looping

    def Ask(self, request: query_pb2.AskRequest, context: grpc.ServicerContext) -> query_pb2.AskResponse:
        """Answer one question."""
        asking = self._interconnect.ask(request.envelope, admitted(context))
        return query_pb2.AskResponse(answer=self._looping.run(asking))
