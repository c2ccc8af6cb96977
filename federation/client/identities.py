"""Client for corrections of identity at a node of one's own agency: split off a stolen identity, merge, undo a merge.

    with Client.open(Path("home/federation.json"), "police", officer="王警官") as client:
        client.identities("police-1").split(split)

Errors are those of `federation.errors`.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation.client.connection import PAGE_DEADLINE_S, Connection
from federation.client.part import NodePart
from federation.statements import methods
from federation.transport.status import understood
from federation.v1 import identity_pb2 as pb
from federation.v1 import identity_pb2_grpc, query_pb2, registry_pb2


class Identities(NodePart):
    """The identities of one node's records, corrected by one officer."""

    def __init__(self, connection: Connection, node: str) -> None:
        super().__init__(connection, node)
        self._stub = identity_pb2_grpc.IdentityServiceStub(self._channel)

    def split(self, split: pb.Split) -> registry_pb2.Receipt:
        """Correct a record to its true offender, or to an unknown person."""
        request = pb.SplitRequest(envelope=self._statement(split, methods.IDENTITY_SPLIT))
        with understood():
            return self._stub.Split(request, timeout=PAGE_DEADLINE_S).receipt

    def merge(self, merge: pb.Merge) -> pb.PersonMerge:
        """Merge: state that two records belong to one person."""
        request = pb.MergeRequest(envelope=self._statement(merge, methods.IDENTITY_MERGE))
        with understood():
            return self._stub.Merge(request, timeout=PAGE_DEADLINE_S).merge

    def undo(self, merge: pb.PersonMerge, reason: str) -> pb.PersonMerge:
        """Undo a merge; the node checks that it still has the version of `merge`."""
        undoing = pb.MergeUndoing(merge_id=merge.merge_id, expected_version=merge.version, reason=reason)
        request = pb.UndoMergeRequest(envelope=self._statement(undoing, methods.IDENTITY_UNDO_MERGE))
        with understood():
            return self._stub.UndoMerge(request, timeout=PAGE_DEADLINE_S).merge

    def merges(self, merge_id: str = "", *, limit: int = 100) -> Sequence[pb.PersonMerge]:
        """Return one merge, or the newest of the node, with every step."""
        wanted = pb.MergeFilter(merge_id=merge_id, limit=limit)
        request = pb.ListMergesRequest(envelope=self._statement(wanted, methods.IDENTITY_LIST_MERGES))
        with understood():
            return list(self._stub.ListMerges(request, timeout=PAGE_DEADLINE_S).merges)

    def candidates(self, subject: query_pb2.Subject, reason: str) -> pb.ListCandidatesResponse:
        """Return the open records that may be the person's and stop a question about them."""
        wanted = pb.CandidateQuery(subject=subject, reason=reason)
        envelope = self._statement(wanted, methods.IDENTITY_LIST_CANDIDATES)
        with understood():
            return self._stub.ListCandidates(
                pb.ListCandidatesRequest(envelope=envelope), timeout=PAGE_DEADLINE_S
            )

    def distinguish(self, distinction: pb.Distinction) -> pb.PersonDistinction:
        """Decide that a record is not the person's."""
        request = pb.DistinguishRequest(envelope=self._statement(distinction, methods.IDENTITY_DISTINGUISH))
        with understood():
            return self._stub.Distinguish(request, timeout=PAGE_DEADLINE_S).distinction

    def undo_distinction(self, distinction: pb.PersonDistinction, reason: str) -> pb.PersonDistinction:
        """Take a decision back; the node checks that it still has the version of `distinction`."""
        undoing = pb.DistinctionUndoing(
            distinction_id=distinction.distinction_id, expected_version=distinction.version, reason=reason
        )
        envelope = self._statement(undoing, methods.IDENTITY_UNDO_DISTINCTION)
        with understood():
            request = pb.UndoDistinctionRequest(envelope=envelope)
            return self._stub.UndoDistinction(request, timeout=PAGE_DEADLINE_S).distinction

    def distinctions(self, distinction_id: str = "", *, limit: int = 100) -> Sequence[pb.PersonDistinction]:
        """Return one decision, or the newest of the node, with every step."""
        wanted = pb.DistinctionFilter(distinction_id=distinction_id, limit=limit)
        envelope = self._statement(wanted, methods.IDENTITY_LIST_DISTINCTIONS)
        with understood():
            request = pb.ListDistinctionsRequest(envelope=envelope)
            return list(self._stub.ListDistinctions(request, timeout=PAGE_DEADLINE_S).distinctions)
