"""The part of working records (工作记录)."""

from __future__ import annotations

from federation.transport.serving import Service
from federation.v1 import working_pb2_grpc
from node.host import NodeHost
from node.register.part import RegisterPart
from node.working.handling import WorkingFiles
from node.working.servicer import WorkingServicer
from node.working.store import WorkingStore
from server.part import Part


def part(host: NodeHost, register: RegisterPart) -> Part:
    """Return the part; its records are encrypted under a key of their own."""
    handling = WorkingFiles(register=register.tools, store=WorkingStore(key=host.keys.working))
    servicer = WorkingServicer(opening=host.opening, handling=handling)
    return Part(services=[Service.of(working_pb2_grpc.add_WorkingServiceServicer_to_server, servicer)])
