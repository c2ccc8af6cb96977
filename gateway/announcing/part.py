"""The part of announcements: handed over by a node, delivered at once; the node repeats what was not taken."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

import grpc

from federation.charter.envelope import Signer, make_statement
from federation.charter.model import Charter, InstallationState, Node
from federation.errors import HutongError, PermissionDenied
from federation.evidence.entry import EntryKind
from federation.statements.announcements import entry_of, open_announcement
from federation.statements.methods import ANNOUNCE
from federation.transport.serving import Service
from federation.transport.status import understood
from federation.v1 import announcing_pb2 as pb
from federation.v1 import announcing_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.enum_names import purpose_name
from gateway.host import GatewayHost
from server.journal.journal import Journal
from server.journal.work import Work
from server.line import Connect
from server.opening import Act, RequestOpener
from server.part import Part

#: Seconds that one node may take, and nodes that are called at once.
CALL_S: Final = 5.0
_AT_ONCE: Final = 8
OFFICER: Final = "gateway"


class AnnouncementCarrier:
    """Delivers announcements and keeps none: the node that made one repeats it until every node has it."""

    def __init__(
        self,
        *,
        journal: Journal,
        signer: Signer,
        charter: Callable[[], Charter],
        connect: Connect,
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._signer = signer
        self._charter = charter
        self._connect = connect
        self._now = now

    def carry(self, delivery: pb.AnnouncementDelivery, act: Act) -> list[str]:
        """Deliver an announcement of the calling node to those awaited; return the nodes that have it."""
        at, charter = self._now(), self._charter()
        announcement = open_announcement(delivery.announcement, charter, now=at)
        own = {str(node.name) for node in charter.nodes if node.installation == act.installation}
        if announcement.node not in own:
            raise PermissionDenied(
                f"{act.installation} hands over an announcement of {announcement.node}: a node hands over its own"
            )
        awaited = set(delivery.awaited)
        nodes = [
            node
            for node in charter.required_nodes(purpose_name(announcement.purpose))
            if node.name in awaited and _active(node, charter)
        ]

        def command(work: Work) -> None:
            act.insist_first(work)
            act.log(
                work,
                EntryKind.ANNOUNCED,
                at=stamp(at),
                **entry_of(announcement),
            )

        self._journal.run(command)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            taken = list(pool.map(lambda node: self._deliver(node, charter, delivery.announcement), nodes))
        return [str(node.name) for node, took in zip(nodes, taken, strict=True) if took]

    def _deliver(self, node: Node, charter: Charter, announcement: Envelope) -> bool:
        """Say whether a node has taken the announcement."""
        envelope = make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=ANNOUNCE,
            destination=str(node.installation),
            officer=OFFICER,
            body=pb.AnnouncementDelivery(announcement=announcement).SerializeToString(),
            charter_version=charter.version,
            now=self._now(),
        )
        try:
            with understood(), self._connect(node, charter) as channel:
                stub = announcing_pb2_grpc.AnnouncementServiceStub(channel)
                stub.Announce(pb.AnnounceRequest(envelope=envelope), timeout=CALL_S)
        except HutongError:
            return False
        return True


class AnnouncementServicer(announcing_pb2_grpc.AnnouncementServiceServicer):
    """Opens a node's handover and has it carried."""

    def __init__(self, *, opening: RequestOpener, carrier: AnnouncementCarrier) -> None:
        self._opening = opening
        self._carrier = carrier

    def Announce(self, request: pb.AnnounceRequest, context: grpc.ServicerContext) -> pb.AnnounceResponse:
        """Deliver a node's announcement."""
        delivery, act = self._opening.open(request.envelope, pb.AnnouncementDelivery, context)
        return pb.AnnounceResponse(taken=self._carrier.carry(delivery, act))


def part(host: GatewayHost) -> Part:
    """Return the part."""
    carrier = AnnouncementCarrier(
        journal=host.journal,
        signer=host.signer,
        charter=host.charter,
        connect=host.connect,
        now=host.now,
    )
    servicer = AnnouncementServicer(opening=host.opening, carrier=carrier)
    return Part(
        services=[Service.of(announcing_pb2_grpc.add_AnnouncementServiceServicer_to_server, servicer)]
    )


def _active(node: Node, charter: Charter) -> bool:
    entry = charter.installations.get(node.installation)
    return entry is not None and entry.state is InstallationState.ACTIVE
