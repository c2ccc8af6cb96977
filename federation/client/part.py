"""What the parts of the client library have in common: each acts over the client's one connection."""

from __future__ import annotations

import grpc
from google.protobuf.message import Message

from federation.charter.model import Charter
from federation.client.connection import Connection
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation


class ClientPart:
    """One subject of the client library."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def charter(self) -> Charter:
        """The charter in force."""
        return self._connection.charter

    def _to(self, server: Installation, endpoint: str) -> grpc.Channel:
        return self._connection.to(server, endpoint)


class NodePart(ClientPart):
    """One subject at one node of the own member."""

    def __init__(self, connection: Connection, node: str) -> None:
        """Raise `NotFound` when the charter names no such node."""
        super().__init__(connection)
        self._node = connection.node(node)
        self._channel = connection.channel_to(self._node)

    def _statement(self, body: Message, method: str) -> Envelope:
        data = body.SerializeToString(deterministic=True)
        return self._connection.statement(data, method=method, destination=str(self._node.installation))
