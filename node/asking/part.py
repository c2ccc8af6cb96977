"""The part of questions: gateways ask in pages, and each page is decided, looked up, logged and signed."""

from __future__ import annotations

from collections.abc import Callable, Collection

from federation.transport.serving import Service
from federation.v1 import lookup_pb2_grpc, record_pb2
from node.announcing.part import AnnouncingPart
from node.applications.part import ApplicationsPart
from node.asking.accounting import AnswerAccounts
from node.asking.answering import QuestionAnswerer
from node.asking.lookup import Lookup
from node.asking.opening import QuestionOpener
from node.asking.servicer import LookupServicer
from node.asking.verifying import Verification
from node.continuity.part import ContinuityPart
from node.host import NodeHost
from node.register.part import RegisterPart
from node.sealing.part import SealingPart
from server.part import Part


def part(
    host: NodeHost,
    register: RegisterPart,
    announcing: AnnouncingPart,
    applications: ApplicationsPart,
    sealing: SealingPart,
    continuity: ContinuityPart,
    *,
    mark_late: Callable[[Collection[record_pb2.Facet]], None],
) -> Part:
    """Return the part; `mark_late` marks records about to be shown of which a change is late (R47)."""
    tools = register.tools
    lookup = Lookup(
        lookup_key=host.keys.lookup,
        open_reader=host.open_reader,
        sealed_reader=host.sealed_reader,
        profile_on=tools.profile_on,
        now=host.now,
        links=tools.links,
        case=host.sealer.case,
        distinctions=register.distinctions,
        co_offenders=register.co_offenders,
    )
    answering = QuestionAnswerer(
        node=host.node,
        federation=host.charter().federation,
        lookup=lookup,
        verification=Verification(
            lookup=lookup,
            announced=announcing.announcements.store,
            journal=host.journal,
            lookup_key=host.keys.lookup,
            now=host.now,
        ),
        questions=QuestionOpener(
            disclosure=host.disclosure,
            mandates=applications.mandates,
            insist_officer=host.roll.insist,
            allow_synthetic=host.settings.unsafe_allow_synthetic,
        ),
        accounting=AnswerAccounts(disclosures=tools.disclosures),
        journal=host.journal,
        spreading=sealing.spreading,
        continuity=continuity.continuity,
        safeguard=host.guarded.safeguard,
        others=register.others,
        mark_late=mark_late,
        signer=host.signer,
        commitments=host.commitments,
        charter=host.charter,
        now=host.now,
    )
    servicer = LookupServicer(answering=answering)
    return Part(services=[Service.of(lookup_pb2_grpc.add_LookupServiceServicer_to_server, servicer)])
