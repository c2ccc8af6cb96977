"""IdentityService at a node: its own agency decides whose records they are."""

from __future__ import annotations

import grpc

from federation.v1 import identity_pb2 as pb
from federation.v1 import identity_pb2_grpc
from node.identity.distinguishing import Distinguisher
from node.identity.merging import PersonMerger
from node.identity.splitting import RecordSplitter
from server.opening import RequestOpener


class IdentityServicer(identity_pb2_grpc.IdentityServiceServicer):
    """Opens the statement and hands it on."""

    def __init__(
        self,
        *,
        opening: RequestOpener,
        splitting: RecordSplitter,
        merging: PersonMerger,
        distinguishing: Distinguisher,
    ) -> None:
        self._opening = opening
        self._splitting = splitting
        self._merging = merging
        self._distinguishing = distinguishing

    def Split(self, request: pb.SplitRequest, context: grpc.ServicerContext) -> pb.SplitResponse:
        """Correct a record to its true offender."""
        body, act = self._opening.open(request.envelope, pb.Split, context)
        return pb.SplitResponse(receipt=self._splitting.split(body, act))

    def Merge(self, request: pb.MergeRequest, context: grpc.ServicerContext) -> pb.MergeResponse:
        """Merge two registrations."""
        body, act = self._opening.open(request.envelope, pb.Merge, context)
        return pb.MergeResponse(merge=self._merging.merge(body, act))

    def UndoMerge(self, request: pb.UndoMergeRequest, context: grpc.ServicerContext) -> pb.UndoMergeResponse:
        """Take a merge back."""
        body, act = self._opening.open(request.envelope, pb.MergeUndoing, context)
        return pb.UndoMergeResponse(merge=self._merging.undo(body, act))

    def ListMerges(
        self, request: pb.ListMergesRequest, context: grpc.ServicerContext
    ) -> pb.ListMergesResponse:
        """Show merges with every step."""
        body, act = self._opening.open(request.envelope, pb.MergeFilter, context)
        return pb.ListMergesResponse(merges=self._merging.show(body, act))

    def ListCandidates(
        self, request: pb.ListCandidatesRequest, context: grpc.ServicerContext
    ) -> pb.ListCandidatesResponse:
        """Show the records that stop a question about a person."""
        body, act = self._opening.open(request.envelope, pb.CandidateQuery, context)
        candidates, too_many = self._distinguishing.show_candidates(body, act)
        return pb.ListCandidatesResponse(candidates=candidates, too_many=too_many)

    def Distinguish(
        self, request: pb.DistinguishRequest, context: grpc.ServicerContext
    ) -> pb.DistinguishResponse:
        """Rule a candidate out."""
        body, act = self._opening.open(request.envelope, pb.Distinction, context)
        return pb.DistinguishResponse(distinction=self._distinguishing.distinguish(body, act))

    def UndoDistinction(
        self, request: pb.UndoDistinctionRequest, context: grpc.ServicerContext
    ) -> pb.UndoDistinctionResponse:
        """Take that decision back."""
        body, act = self._opening.open(request.envelope, pb.DistinctionUndoing, context)
        return pb.UndoDistinctionResponse(distinction=self._distinguishing.undo(body, act))

    def ListDistinctions(
        self, request: pb.ListDistinctionsRequest, context: grpc.ServicerContext
    ) -> pb.ListDistinctionsResponse:
        """Show such decisions with every step."""
        body, act = self._opening.open(request.envelope, pb.DistinctionFilter, context)
        return pb.ListDistinctionsResponse(distinctions=self._distinguishing.show(body, act))
