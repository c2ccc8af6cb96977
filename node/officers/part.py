"""The part of officers: who is registered at this node as acting for its agency."""

from __future__ import annotations

from federation.transport.serving import Service
from federation.v1 import officer_pb2_grpc
from node.officers.certifying import OfficerCertifier
from node.officers.roll import Roll
from node.officers.servicer import OfficerServicer
from server.opening import RequestOpener
from server.part import Part


def part(roll: Roll, certifying: OfficerCertifier, opening: RequestOpener) -> Part:
    """Return the part; `opening` asks the same roll about the officer of each signed request."""
    servicer = OfficerServicer(opening=opening, roll=roll, certifying=certifying)
    return Part(services=[Service.of(officer_pb2_grpc.add_OfficerServiceServicer_to_server, servicer)])
