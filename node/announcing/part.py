"""The part of announcements: of this node's applications to other nodes, and of theirs to this one."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from federation.transport.serving import Service
from federation.v1 import announcing_pb2 as pb
from federation.v1 import announcing_pb2_grpc
from federation.values.identity import NodeName
from node.announcing.announcing import Announcements, Announcing
from node.announcing.store import AnnouncementStore
from node.host import NodeHost
from server.opening import RequestOpener
from server.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncingPart(Part):
    """Announcements, for applications, the work list and questions."""

    announcements: Announcements


class AnnouncementServicer(announcing_pb2_grpc.AnnouncementServiceServicer):
    """Opens a gateway's delivery and takes the announcement in it."""

    def __init__(self, *, opening: RequestOpener, announcements: Announcements, node: NodeName) -> None:
        self._opening = opening
        self._announcements = announcements
        self._node = node

    def Announce(self, request: pb.AnnounceRequest, context: grpc.ServicerContext) -> pb.AnnounceResponse:
        """Take an announcement; the answer is the same whoever its person is."""
        delivery, act = self._opening.open(request.envelope, pb.AnnouncementDelivery, context)
        self._announcements.take(delivery, act)
        return pb.AnnounceResponse(taken=[self._node])


def part(host: NodeHost) -> AnnouncingPart:
    """Return the part."""
    announcements = Announcements(
        store=AnnouncementStore(key=host.keys.wrap, lookup_key=host.keys.lookup),
        journal=host.journal,
        node=host.node.name,
        signer=host.signer,
        charter=host.charter,
        now=host.now,
    )
    sending = Announcing(announcements=announcements, journal=host.journal, sender=host.sender)
    servicer = AnnouncementServicer(opening=host.opening, announcements=announcements, node=host.node.name)
    return AnnouncingPart(
        services=[Service.of(announcing_pb2_grpc.add_AnnouncementServiceServicer_to_server, servicer)],
        running=[sending.running()],
        announcements=announcements,
    )
