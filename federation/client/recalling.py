"""Client for reading and acknowledging recalls, and for listing the disclosures of the own member's records."""

from __future__ import annotations

from collections.abc import Sequence

from federation.charter.envelope import GATEWAY
from federation.client.connection import PAGE_DEADLINE_S
from federation.client.part import ClientPart
from federation.statements.methods import ACKNOWLEDGE_RECALLS, LIST_DISCLOSURES, LIST_RECALLS, TRACK_RECALLS
from federation.statements.recalls import MOST_RECALLS, read_recalls
from federation.transport.status import understood
from federation.v1 import (
    recall_pb2,
    recall_pb2_grpc,
    registry_pb2,
)
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock


class Recalls(ClientPart):
    """Recalls at the gateway, disclosures at the own member's nodes."""

    def received(
        self, *, acknowledged_too: bool = False, overdue_only: bool = False, after: int = 0
    ) -> list[recall_pb2.Recall]:
        """Return this member's recalls, verified, at most 200 after the number given; fetching is recorded."""
        body = _filter(acknowledged_too, overdue_only, after)
        envelope = self._connection.statement(body, method=LIST_RECALLS, destination=GATEWAY)
        request = recall_pb2.RecallServiceListRequest(envelope=envelope)
        with understood():
            response = self._recalls().List(request, timeout=PAGE_DEADLINE_S)
        return self._read_recalls(response.recalls)

    def acknowledge(self, recall_ids: Sequence[str], note: str = "") -> list[recall_pb2.Recall]:
        """Confirm that the answers are destroyed; return the recalls, verified, with the time of acknowledgement."""
        acknowledgement = recall_pb2.RecallAcknowledgement(recall_ids=recall_ids, note=note)
        body = acknowledgement.SerializeToString(deterministic=True)
        envelope = self._connection.statement(body, method=ACKNOWLEDGE_RECALLS, destination=GATEWAY)
        request = recall_pb2.RecallServiceAcknowledgeRequest(envelope=envelope)
        with understood():
            response = self._recalls().Acknowledge(request, timeout=PAGE_DEADLINE_S)
        return self._read_recalls(response.receipts)

    def caused(
        self, *, acknowledged_too: bool = True, overdue_only: bool = False, after: int = 0
    ) -> list[recall_pb2.RecallTrack]:
        """Return the state of the recalls that records of this member's nodes caused, at most 200."""
        body = _filter(acknowledged_too, overdue_only, after)
        envelope = self._connection.statement(body, method=TRACK_RECALLS, destination=GATEWAY)
        request = recall_pb2.RecallServiceTrackRequest(envelope=envelope)
        with understood():
            return list(self._recalls().Track(request, timeout=PAGE_DEADLINE_S).tracks)

    def disclosures(self, node: str, record_id: str) -> list[recall_pb2.Disclosure]:
        """Return the disclosures of a record of this member's node: when, and to whom."""
        target = self._connection.node(node)
        body = registry_pb2.RecordReference(record_id=record_id).SerializeToString()
        envelope = self._connection.statement(
            body, method=LIST_DISCLOSURES, destination=str(target.installation)
        )
        stub = recall_pb2_grpc.RecallServiceStub(self._to(target.installation, target.endpoint))
        with understood():
            return list(
                stub.Told(recall_pb2.ToldRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).disclosures
            )

    def _recalls(self) -> recall_pb2_grpc.RecallServiceStub:
        gateway = self.charter.gateways[0]
        return recall_pb2_grpc.RecallServiceStub(self._to(gateway.installation, gateway.endpoint))

    def _read_recalls(self, envelope: Envelope) -> list[recall_pb2.Recall]:
        member = str(self._connection.installation.member)
        return list(read_recalls(envelope, self.charter, member, now=clock.now()).recalls)


def _filter(acknowledged_too: bool, overdue_only: bool, after: int) -> bytes:
    wanted = recall_pb2.RecallFilter(
        acknowledged_too=acknowledged_too, overdue_only=overdue_only, after=after, limit=MOST_RECALLS
    )
    return wanted.SerializeToString(deterministic=True)
