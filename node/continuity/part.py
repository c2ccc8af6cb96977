"""The part of the node's own log: whether it goes on from every head that gateways know, and who accepts a loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from federation.transport.serving import Service
from federation.v1 import heads_pb2_grpc
from node.continuity.continuity import Continuity
from node.continuity.informing import Informing
from node.continuity.servicer import HeadServicer
from node.continuity.store import ContinuityStore
from node.host import NodeHost
from server.part import Part, at_start


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuityPart(Part):
    """The continuity, for answers: a node whose log went back answers no question."""

    continuity: Continuity
    #: Raises `Unavailable` while nothing may be signed that rests on the store: its log went back, or it was changed.
    insist_sound: Callable[[], None]


def part(host: NodeHost) -> ContinuityPart:
    """Return the part; before the first call the node asks every gateway which head of its log it knows."""
    store = ContinuityStore(key=host.keys.journal)
    continuity = Continuity(
        journal=host.journal,
        store=store,
        head_file=host.head_file,
        node=host.node.name,
        charter=host.charter,
        now=host.now,
    )
    informing = Informing(continuity=continuity, store=store, journal=host.journal, sender=host.sender)

    def begin() -> None:
        continuity.begin(host.lost)
        informing.begin()

    def insist_sound() -> None:
        if stopped := continuity.refusal() or host.guarded.safeguard.refusal():
            raise stopped

    servicer = HeadServicer(  # type: ignore[abstract]  # the rest is for gateways, and open to nobody here
        opening=host.opening,
        continuity=continuity,
        informing=informing,
        journal=host.journal,
        charter=host.charter,
    )
    return ContinuityPart(
        services=[Service.of(heads_pb2_grpc.add_HeadServiceServicer_to_server, servicer)],
        running=[at_start(begin), informing.running()],
        continuity=continuity,
        insist_sound=insist_sound,
    )
