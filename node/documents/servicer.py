"""Serve an agency's own scans to its own officers."""

from __future__ import annotations

from collections.abc import Iterator

import grpc

from federation.v1 import stored_document_pb2 as pb
from federation.v1 import stored_document_pb2_grpc
from node.documents.attaching import Scans
from server.opening import RequestOpener
from server.uploading import first_part


class DocumentServicer(stored_document_pb2_grpc.DocumentServiceServicer):
    """The papers of this node's records."""

    def __init__(self, *, opening: RequestOpener, scans: Scans) -> None:
        self._opening = opening
        self._scans = scans

    def Attach(
        self, request_iterator: Iterator[pb.AttachRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.AttachResponse]:
        """Keep a scan with a record."""
        envelope = first_part(request_iterator, "envelope").envelope
        scan, act = self._opening.open(envelope, pb.Scan, context)
        yield from self._scans.attach(scan, act, request_iterator)

    def ListAttached(
        self, request: pb.ListAttachedRequest, context: grpc.ServicerContext
    ) -> pb.ListAttachedResponse:
        """List the documents of a record."""
        page, act = self._opening.open(request.envelope, pb.AttachedPage, context)
        return self._scans.listed(page, act)
