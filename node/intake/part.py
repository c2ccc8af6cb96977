"""The part of notices: received, applied to the register, put before officers where they must decide, expected."""

from __future__ import annotations

from dataclasses import dataclass

from federation.transport.serving import Service
from federation.v1 import notice_pb2_grpc, timeliness_pb2_grpc
from node.documents.part import DocumentsPart
from node.host import NodeHost
from node.intake.applying import NoticeApplier
from node.intake.arriving import ConsignmentOpener
from node.intake.deciding import NoticeDecisions
from node.intake.effects import Effects
from node.intake.expectation_servicer import ExpectationServicer
from node.intake.expecting import ExpectedNotices
from node.intake.inbox_store import Inbox
from node.intake.late_changes import LateChanges
from node.intake.moved_store import MovedPersons
from node.intake.receiving import ConsignmentReceiver
from node.intake.servicer import IntakeServicer, NoticeServicer
from node.register.part import RegisterPart
from server.part import Part, at_start


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePart(Part):
    """Also what marks records of which a change is late."""

    late_changes: LateChanges


def part(host: NodeHost, register: RegisterPart, documents: DocumentsPart) -> IntakePart:
    """Return the part."""
    tools, entering, library = register.tools, register.entering, documents.library
    here, own = host.installation, host.installation.member
    inbox = Inbox(vault=host.sealer.sealed_vault, lookup_key=host.keys.lookup)
    moved = MovedPersons(sealer=host.sealer)
    effects = Effects(register=tools, own=own)
    applying = NoticeApplier(here=here, register=tools, entering=entering, effects=effects, moved=moved)
    receiving = ConsignmentReceiver(
        register=tools,
        arriving=ConsignmentOpener(
            here=here,
            entering=entering,
            facet=effects.facet,
            allow_synthetic=tools.allow_synthetic,
            insist_officer=lambda opened, at: host.roll.insist(opened, at=at),
        ),
        applying=applying,
        inbox=inbox,
        moved=moved,
        library=library,
        signer=host.signer,
        commitments=host.commitments,
        charter=host.charter,
    )
    deciding = NoticeDecisions(
        register=tools,
        reader=host.open_reader,
        effects=effects,
        inbox=inbox,
        moved=moved,
        receiving=receiving,
        applying=applying,
        library=library,
        others=register.others,
        charter=host.charter,
    )
    notices = NoticeServicer(receiving=receiving, library=library, opening=host.opening)
    officers = IntakeServicer(opening=host.opening, deciding=deciding)
    expectation = ExpectationServicer(
        opening=host.opening,
        expecting=ExpectedNotices(register=tools, reader=host.open_reader, sealed_reader=host.sealed_reader),
        charter=host.charter,
        own=own,
    )
    late_changes = LateChanges(inbox=inbox, journal=host.journal, lookup_key=host.keys.lookup, now=host.now)
    return IntakePart(
        late_changes=late_changes,
        running=[at_start(late_changes.begin)],
        services=[
            Service.of(notice_pb2_grpc.add_NoticeServiceServicer_to_server, notices),
            Service.of(notice_pb2_grpc.add_IntakeServiceServicer_to_server, officers),
            Service.of(timeliness_pb2_grpc.add_ExpectationServiceServicer_to_server, expectation),
        ],
    )
