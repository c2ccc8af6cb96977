"""Client for the evidence that servers keep: their log and its signed states."""

from __future__ import annotations

from collections.abc import Iterator

from federation.client.connection import PAGE_DEADLINE_S
from federation.client.part import ClientPart
from federation.transport.status import understood
from federation.v1 import (
    evidence_pb2,
    evidence_pb2_grpc,
)
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation

#: The number of an entry that no log has yet.
_BEYOND = 2**62


class EvidenceReader(ClientPart):
    """The logs of servers."""

    def checkpoint(self, server: Installation) -> Envelope:
        """Return a signed state of a server's log, unverified: the newest one of a server of this member.

        Of another member's server it is that of the last fixed time.
        """
        with understood():
            response = self._evidence(server).GetCheckpoint(
                evidence_pb2.GetCheckpointRequest(), timeout=PAGE_DEADLINE_S
            )
        return response.checkpoint

    def entries(self, server: Installation, *, page: int = 500) -> Iterator[evidence_pb2.LogEntry]:
        """Yield every log entry of a server of this member, in clear, in order.

        Reading itself adds log entries, so the first page that is not full counts as the last one.
        """
        start = 0
        while True:
            request = evidence_pb2.ListEntriesRequest(start=start, limit=page)
            with understood():
                entries = self._evidence(server).ListEntries(request, timeout=PAGE_DEADLINE_S).entries
            yield from entries
            if len(entries) < page:
                return
            start += len(entries)

    def collect(self, server: Installation) -> None:
        """Have a server of this member log now what waits for a fixed time, so that its next checkpoint covers it."""
        request = evidence_pb2.ListEntriesRequest(start=_BEYOND, limit=1)
        with understood():
            self._evidence(server).ListEntries(request, timeout=PAGE_DEADLINE_S)

    def _evidence(self, server: Installation) -> evidence_pb2_grpc.EvidenceServiceStub:
        return evidence_pb2_grpc.EvidenceServiceStub(self._connection.to_server(server))
