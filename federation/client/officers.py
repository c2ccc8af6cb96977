"""Client for the roll of officers at a node of one's own member.

with Client.open(Path("home/federation.json"), "police", officer="王警官") as client:
OfficerRoll(client, "police-1").register("p017", "李警官", reason="新任")
"""

from __future__ import annotations

from google.protobuf.message import Message

from federation.client import PAGE_DEADLINE_S, Client
from federation.statements import methods
from federation.transport.status import understood
from federation.v1 import officer_pb2 as pb
from federation.v1 import officer_pb2_grpc
from federation.v1.envelope_pb2 import Envelope


class OfficerRoll:
    """The roll of one node, kept by one officer's client."""

    def __init__(self, client: Client, node: str) -> None:
        self._client = client
        self._node = client.node(node)
        self._stub = officer_pb2_grpc.OfficerServiceStub(client.channel_to(self._node))

    def register(self, id: str, name: str, *, key: bytes = b"", reason: str) -> pb.Officer:
        """Register an officer, with the raw public key of their own if they have one."""
        said = pb.OfficerRegistration(id=id, name=name, key=key, reason=reason)
        request = pb.RegisterRequest(envelope=self._statement(said, methods.OFFICER_REGISTER))
        with understood():
            return self._stub.Register(request, timeout=PAGE_DEADLINE_S).officer

    def remove(self, id: str, *, reason: str) -> pb.Officer:
        """Remove an officer, who signs nothing at this node afterwards."""
        said = pb.OfficerRemoval(id=id, reason=reason)
        request = pb.RemoveRequest(envelope=self._statement(said, methods.OFFICER_REMOVE))
        with understood():
            return self._stub.Remove(request, timeout=PAGE_DEADLINE_S).officer

    def list(self, *, reason: str) -> list[pb.Officer]:
        """Return all officers ever registered."""
        said = pb.OfficerList(reason=reason)
        request = pb.OfficerServiceListRequest(envelope=self._statement(said, methods.OFFICER_LIST))
        with understood():
            return list(self._stub.List(request, timeout=PAGE_DEADLINE_S).officers)

    def _statement(self, body: Message, method: str) -> Envelope:
        data = body.SerializeToString(deterministic=True)
        return self._client.statement(data, method=method, destination=str(self._node.installation))
