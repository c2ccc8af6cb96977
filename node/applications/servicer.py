"""ApplicationService at a node: the agency's own officers step through applications."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from federation.errors import HutongError
from federation.v1 import application_pb2 as pb
from federation.v1 import application_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from node.applications.looking import ApplicationLists
from node.applications.office import Office
from server.opening import Act, RequestOpener

M = TypeVar("M", bound=Message)


class ApplicationServicer(application_pb2_grpc.ApplicationServiceServicer):
    """Opens the statement, names the act, and hands it to the office."""

    def __init__(self, *, opening: RequestOpener, office: Office, looking: ApplicationLists) -> None:
        self._opening = opening
        self._office = office
        self._looking = looking

    @contextmanager
    def _opened(
        self, envelope: Envelope, body: type[M], context: grpc.ServicerContext
    ) -> Iterator[tuple[M, Act]]:
        """Yield body and act; a refusal inside is returned and logged with the officer and the number (R56)."""
        message, act = self._opening.open(envelope, body, context)
        number = getattr(message, "number", "") or getattr(message, "supplement_to", "")
        try:
            yield message, act
        except HutongError as error:
            error.metadata = {**error.metadata, "officer": act.officer, "application": number[:64]}
            raise

    def Submit(
        self, request: pb.ApplicationServiceSubmitRequest, context: grpc.ServicerContext
    ) -> pb.ApplicationServiceSubmitResponse:
        """Take an application or missing papers in."""
        with self._opened(request.envelope, pb.Submission, context) as (body, act):
            done = self._office.submit(body, act)
        return pb.ApplicationServiceSubmitResponse(application=done.application)

    def Accept(self, request: pb.AcceptRequest, context: grpc.ServicerContext) -> pb.AcceptResponse:
        """Accept, refuse, or want papers."""
        with self._opened(request.envelope, pb.Acceptance, context) as (body, act):
            done = self._office.accept(body, act)
        return pb.AcceptResponse(application=done.application, documents=done.documents)

    def Review(self, request: pb.ReviewRequest, context: grpc.ServicerContext) -> pb.ReviewResponse:
        """Review, or re-examine."""
        with self._opened(request.envelope, pb.ReviewStep, context) as (body, act):
            done = self._office.review(body, act)
        return pb.ReviewResponse(application=done.application, documents=done.documents)

    def Handle(self, request: pb.HandleRequest, context: grpc.ServicerContext) -> pb.HandleResponse:
        """Issue the result or the opinion."""
        with self._opened(request.envelope, pb.Handling, context) as (body, act):
            done = self._office.handle(body, act)
        return pb.HandleResponse(application=done.application, documents=done.documents)

    def Object(self, request: pb.ObjectRequest, context: grpc.ServicerContext) -> pb.ObjectResponse:
        """Take an objection in."""
        with self._opened(request.envelope, pb.Objection, context) as (body, act):
            done = self._office.object(body, act)
        return pb.ObjectResponse(application=done.application)

    def Show(
        self, request: pb.ApplicationServiceShowRequest, context: grpc.ServicerContext
    ) -> pb.ApplicationServiceShowResponse:
        """Show an application."""
        with self._opened(request.envelope, pb.ApplicationReference, context) as (
            body,
            act,
        ):
            done = self._looking.show(body, act)
        return pb.ApplicationServiceShowResponse(application=done.application, documents=done.documents)

    def List(self, request: pb.ListRequest, context: grpc.ServicerContext) -> pb.ListResponse:
        """List applications."""
        with self._opened(request.envelope, pb.ApplicationFilter, context) as (body, act):
            lines = self._looking.list(body, act)
        return pb.ListResponse(lines=lines)

    def VerifyDocument(
        self, request: pb.VerifyDocumentRequest, context: grpc.ServicerContext
    ) -> pb.VerifyDocumentResponse:
        """Check a document by number and code."""
        with self._opened(request.envelope, pb.IssuedDocument, context) as (
            body,
            act,
        ):
            return self._looking.check(body, act)
