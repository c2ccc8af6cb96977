"""Intake of one node, put together: receiving, effects, the desk for notices that need an officer."""

from __future__ import annotations

from federation.transport.serving import Service
from federation.v1 import notice_pb2_grpc, timeliness_pb2_grpc
from node.documents.library import Library
from node.intake.applying import Applying
from node.intake.arriving import Arriving
from node.intake.deciding import Deciding
from node.intake.effects import Effects
from node.intake.expectation_servicer import ExpectationServicer
from node.intake.expecting import Expecting
from node.intake.inbox_store import Inbox
from node.intake.moved_store import MovedPersons
from node.intake.receiving import Receiving
from node.intake.servicer import IntakeServicer, NoticeServicer
from node.register.acts import Desk
from node.register.entering import Entering
from node.store.reading import Reader
from server.hosting import Host
from server.opening import Opening


def intake_services(
    host: Host,
    *,
    desk: Desk,
    entering: Entering,
    opening: Opening,
    reader: Reader,
    sealed_reader: Reader,
    library: Library,
) -> list[Service]:
    """Return the services that take notices in and let officers decide on them."""
    charter = host.charter
    inbox, moved = Inbox(vault=desk.sealer.sealed_vault), MovedPersons(sealer=desk.sealer)
    effects = Effects(desk=desk, own=host.installation.member)
    applying = Applying(here=host.installation, desk=desk, entering=entering, effects=effects, moved=moved)
    receiving = Receiving(
        desk=desk,
        arriving=Arriving(
            here=host.installation,
            entering=entering,
            facet=effects.facet,
            allow_synthetic=desk.allow_synthetic,
        ),
        applying=applying,
        inbox=inbox,
        moved=moved,
        library=library,
        signer=host.signer,
        charter=charter,
    )
    deciding = Deciding(
        desk=desk,
        reader=reader,
        effects=effects,
        inbox=inbox,
        moved=moved,
        receiving=receiving,
        applying=applying,
        library=library,
        charter=charter,
    )
    notices = NoticeServicer(receiving=receiving, library=library, opening=opening)
    expectation = ExpectationServicer(
        opening=opening,
        expecting=Expecting(desk=desk, reader=reader, sealed_reader=sealed_reader),
        charter=charter,
        own=host.installation.member,
    )
    officers = IntakeServicer(opening=opening, deciding=deciding)
    return [
        Service.of(notice_pb2_grpc.add_NoticeServiceServicer_to_server, notices),
        Service.of(notice_pb2_grpc.add_IntakeServiceServicer_to_server, officers),
        Service.of(timeliness_pb2_grpc.add_ExpectationServiceServicer_to_server, expectation),
    ]
