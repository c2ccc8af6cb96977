"""Client for working records (工作记录) at a node of one's own agency.

    with Client.open(Path("home/federation.json"), "police", officer="王警官") as client:
        client.working("police-1").show(working_id, reason="复核案情")

Errors are those of `federation.errors`.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation.client.connection import PAGE_DEADLINE_S, Connection
from federation.client.part import NodePart
from federation.statements import methods
from federation.transport.status import understood
from federation.v1 import record_pb2, working_pb2_grpc
from federation.v1 import working_pb2 as pb


class WorkingRecords(NodePart):
    """The working records of one node, handled by one officer."""

    def __init__(self, connection: Connection, node: str) -> None:
        super().__init__(connection, node)
        self._stub = working_pb2_grpc.WorkingServiceStub(self._channel)

    def add(self, note: pb.WorkingNote) -> pb.WorkingReceipt:
        """Keep a working record; the officer is one of its handlers."""
        request = pb.AddRequest(envelope=self._statement(note, methods.WORKING_ADD))
        with understood():
            return self._stub.Add(request, timeout=PAGE_DEADLINE_S).receipt

    def show(self, working_id: str, *, reason: str) -> pb.WorkingRecord:
        """Return a working record that the officer handles; raises `NotFound` for any other."""
        body = pb.WorkingReference(working_id=working_id, reason=reason)
        request = pb.WorkingServiceShowRequest(envelope=self._statement(body, methods.WORKING_SHOW))
        with understood():
            return self._stub.Show(request, timeout=PAGE_DEADLINE_S).record

    def find(self, identifier: record_pb2.Identifier, *, reason: str) -> Sequence[pb.WorkingRecord]:
        """Return the working records about the person with that number that the officer handles."""
        body = pb.WorkingSearch(identifier=identifier, reason=reason)
        request = pb.FindRequest(envelope=self._statement(body, methods.WORKING_FIND))
        with understood():
            return list(self._stub.Find(request, timeout=PAGE_DEADLINE_S).records)

    def assign(self, working_id: str, handler: str, *, reason: str) -> pb.WorkingReceipt:
        """Assign the record to another officer as a further handler."""
        body = pb.WorkingAssignment(working_id=working_id, handler=handler, reason=reason)
        request = pb.AssignRequest(envelope=self._statement(body, methods.WORKING_ASSIGN))
        with understood():
            return self._stub.Assign(request, timeout=PAGE_DEADLINE_S).receipt
