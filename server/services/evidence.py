"""EvidenceService: proofs of this installation's log for others, and its entries for its own operators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import grpc

from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.transport.access import WITNESSES
from federation.transport.layers import peer_of
from federation.v1 import evidence_pb2, evidence_pb2_grpc
from federation.values.clock import stamp
from federation.values.identity import MemberId
from server.journal.collecting import EventCollector
from server.journal.fixed_checkpoints import FixedCheckpoints
from server.journal.journal import Journal
from server.journal.work import Work

MOST_ENTRIES = 1000
LAST_ENTRY = 2**62


class EvidenceServicer(evidence_pb2_grpc.EvidenceServiceServicer):
    """Serves checkpoints, entries and proofs of one journal."""

    def __init__(
        self,
        *,
        journal: Journal,
        fixed: FixedCheckpoints,
        collecting: EventCollector,
        own: MemberId,
        charter_version: Callable[[], int],
        now: Callable[[], datetime],
    ) -> None:
        """`own` is the member whose log it is."""
        self._journal = journal
        self._fixed = fixed
        self._collecting = collecting
        self._own = own
        self._charter_version = charter_version
        self._now = now

    def GetCheckpoint(
        self, request: evidence_pb2.GetCheckpointRequest, context: grpc.ServicerContext
    ) -> evidence_pb2.GetCheckpointResponse:
        """Return the newest signed state of the log; to who is no witness, that of the last fixed time."""
        if not WITNESSES.admits(peer_of(context), self._own):
            return evidence_pb2.GetCheckpointResponse(checkpoint=self._fixed.newest())
        return evidence_pb2.GetCheckpointResponse(
            checkpoint=self._journal.checkpoint(self._charter_version())
        )

    def ListEntries(
        self, request: evidence_pb2.ListEntriesRequest, context: grpc.ServicerContext
    ) -> evidence_pb2.ListEntriesResponse:
        """Return entries in clear; reading them is itself an entry.

        Who reads to the end gets all events up to now: those that wait for a fixed time are collected first.
        """
        if not 1 <= request.limit <= MOST_ENTRIES:
            raise InvalidRequest.of("limit", "RANGE", f"must be 1 to {MOST_ENTRIES}")
        if request.start > LAST_ENTRY:
            raise InvalidRequest.of("start", "RANGE", "no log is that long")
        now, by = self._now(), str(peer_of(context))
        to_the_end = request.start + request.limit >= self._journal.size()

        def command(work: Work) -> None:
            if to_the_end:
                self._collecting.collect(work, now)
            work.log.append(
                EntryKind.EXPORTED, at=stamp(now), by=by, start=request.start, limit=request.limit
            )

        self._journal.run(command)
        entries = self._journal.entries(request.start, request.limit)
        return evidence_pb2.ListEntriesResponse(
            entries=[evidence_pb2.LogEntry(index=e.index, salt=e.salt, body=e.body) for e in entries]
        )

    def ProveInclusion(
        self, request: evidence_pb2.ProveInclusionRequest, context: grpc.ServicerContext
    ) -> evidence_pb2.ProveInclusionResponse:
        """Return the audit path of one leaf."""
        index, size, path = self._journal.prove_inclusion(request.leaf_hash, request.size)
        return evidence_pb2.ProveInclusionResponse(index=index, size=size, path=path)

    def ProveConsistency(
        self, request: evidence_pb2.ProveConsistencyRequest, context: grpc.ServicerContext
    ) -> evidence_pb2.ProveConsistencyResponse:
        """Return the proof that one tree extends another."""
        second, path = self._journal.prove_consistency(request.first, request.second)
        return evidence_pb2.ProveConsistencyResponse(second=second, path=path)
