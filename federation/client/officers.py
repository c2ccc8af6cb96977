"""The officers at a node of the own member: registered, removed, listed.

with Client.open(Path("home/federation.json"), "police", officer="王警官") as client:
client.officers("police-1").register("p017", "李警官", reason="新任")
"""

from __future__ import annotations

from federation.client.connection import PAGE_DEADLINE_S, Connection
from federation.client.part import NodePart
from federation.statements import methods
from federation.transport.status import understood
from federation.v1 import officer_pb2 as pb
from federation.v1 import officer_pb2_grpc


class Officers(NodePart):
    """The roll of officers of one node."""

    def __init__(self, connection: Connection, node: str) -> None:
        """Raise `NotFound` when the charter names no such node."""
        super().__init__(connection, node)
        self._stub = officer_pb2_grpc.OfficerServiceStub(self._channel)

    def register(self, id: str, name: str, *, key: bytes = b"", reason: str) -> pb.Officer:
        """Register an officer, with the raw public key of their own if they have one."""
        body = pb.OfficerRegistration(id=id, name=name, key=key, reason=reason)
        request = pb.RegisterRequest(envelope=self._statement(body, methods.OFFICER_REGISTER))
        with understood():
            return self._stub.Register(request, timeout=PAGE_DEADLINE_S).officer

    def remove(self, id: str, *, reason: str) -> pb.Officer:
        """Remove an officer, who signs nothing at this node afterwards."""
        body = pb.OfficerRemoval(id=id, reason=reason)
        request = pb.RemoveRequest(envelope=self._statement(body, methods.OFFICER_REMOVE))
        with understood():
            return self._stub.Remove(request, timeout=PAGE_DEADLINE_S).officer

    def list(self, *, reason: str) -> list[pb.Officer]:
        """Return all officers ever registered."""
        body = pb.OfficerList(reason=reason)
        request = pb.OfficerServiceListRequest(envelope=self._statement(body, methods.OFFICER_LIST))
        with understood():
            return list(self._stub.List(request, timeout=PAGE_DEADLINE_S).officers)

    def certify(self) -> pb.OfficerCertificate:
        """Return what the node certifies of the acting officer; it is kept in the window's folder."""
        return pb.OfficerCertificate.FromString(self._connection.certificate().payload)
