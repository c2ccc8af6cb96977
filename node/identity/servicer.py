"""IdentityService at a node: its own agency decides whose records they are."""

from __future__ import annotations

import grpc

from federation.v1 import identity_pb2 as pb
from federation.v1 import identity_pb2_grpc
from node.identity.merging import PersonMerger
from node.identity.splitting import RecordSplitter
from server.opening import RequestOpener


class IdentityServicer(identity_pb2_grpc.IdentityServiceServicer):
    """Opens the statement and hands it on."""

    def __init__(self, *, opening: RequestOpener, splitting: RecordSplitter, merging: PersonMerger) -> None:
        self._opening = opening
        self._splitting = splitting
        self._merging = merging

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
