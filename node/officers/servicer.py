"""OfficerService at a node: its own officers keep the roll of officers."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from federation.charter.model import Charter
from federation.v1 import officer_pb2 as pb
from federation.v1 import officer_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Role
from node.officers.certifying import OfficerCertifier
from node.officers.roll import Roll
from server.opening import RequestOpener


class OfficerServicer(officer_pb2_grpc.OfficerServiceServicer):
    """Opens the statement and hands it on."""

    def __init__(self, *, opening: RequestOpener, roll: Roll, certifying: OfficerCertifier) -> None:
        self._opening = opening
        self._roll = roll
        self._certifying = certifying

    def Register(self, request: pb.RegisterRequest, context: grpc.ServicerContext) -> pb.RegisterResponse:
        """Register an officer."""
        body, act = self._opening.open(request.envelope, pb.OfficerRegistration, context)
        return pb.RegisterResponse(officer=self._roll.register(body, act))

    def Remove(self, request: pb.RemoveRequest, context: grpc.ServicerContext) -> pb.RemoveResponse:
        """Remove an officer."""
        body, act = self._opening.open(request.envelope, pb.OfficerRemoval, context)
        return pb.RemoveResponse(officer=self._roll.remove(body, act))

    def List(
        self, request: pb.OfficerServiceListRequest, context: grpc.ServicerContext
    ) -> pb.OfficerServiceListResponse:
        """List the officers."""
        body, act = self._opening.open(request.envelope, pb.OfficerList, context)
        return pb.OfficerServiceListResponse(officers=self._roll.list(body, act))

    def Certify(
        self, request: pb.OfficerServiceCertifyRequest, context: grpc.ServicerContext
    ) -> pb.OfficerServiceCertifyResponse:
        """Certify that the officer who signs is registered; whatever the key of the window may sign for."""
        role = role_of(request.envelope)
        body, act = self._opening.open(request.envelope, pb.OfficerCertification, context, role=role)
        return pb.OfficerServiceCertifyResponse(certificate=self._certifying.certify(body, act))


def role_of(envelope: Envelope) -> Callable[[Charter], Role]:
    """Return how to find a role that the key of an envelope has: each one may fetch a certificate."""

    def role(charter: Charter) -> Role:
        found = charter.key(envelope.signatures[0].keyid) if envelope.signatures else None
        return min(found[1].roles, default=Role.ASKS) if found else Role.ASKS

    return role
