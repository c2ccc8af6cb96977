"""The part of seals: ordered, held for others, certified, judged again, and spread to every holder."""

from __future__ import annotations

from dataclasses import dataclass

from federation.transport.serving import Service
from federation.v1 import sealing_pb2_grpc
from node.announcing.part import AnnouncingPart
from node.continuity.part import ContinuityPart
from node.host import NodeHost
from node.register.part import RegisterPart
from node.sealing.certifying import SealCertifier
from node.sealing.concerning import SpreadingSeals
from node.sealing.holding import ProposalHolder
from node.sealing.ordering import SealOrders
from node.sealing.outbox import ProposalOutbox
from node.sealing.overseeing import RunOverseer
from node.sealing.resealing import Resealer
from node.sealing.schema import sealing_run, sealing_run_move
from node.sealing.servicer import SealingServicer
from node.sealing.serving import SealNotices
from node.sealing.spreading import ProposalSpreader
from node.sealing.welcoming import Welcome
from node.sealing.worklist import WorkList
from server.journal.tally import BUCKETS
from server.part import Part, at_start


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingPart(Part):
    """Seals, for answers, which carry those that spread; and what makes and judges them."""

    spreading: SpreadingSeals
    outbox: ProposalOutbox
    resealing: Resealer


def part(
    host: NodeHost, register: RegisterPart, announcing: AnnouncingPart, continuity: ContinuityPart
) -> SealingPart:
    """Return the part."""
    tools, name = register.tools, host.node.name
    outbox = ProposalOutbox(
        journal=host.journal,
        sealer=host.sealer,
        sealed_reader=host.sealed_reader,
        signer=host.signer,
        node=name,
        charter=host.charter,
        now=host.now,
    )
    resealing = Resealer(register=tools, installation=host.installation, insist_sound=continuity.insist_sound)

    def begin() -> None:
        for table in (sealing_run, sealing_run_move):  # a reversal reads all that a run moved
            host.guarded.safeguard.compare(table.name, 0, BUCKETS - 1)
        resealing.begin()

    spreading = SpreadingSeals(register=tools, outbox=outbox)
    handing = ProposalSpreader(outbox=outbox, welcome=Welcome(host.journal), sender=host.sender)
    host.journal.on_change(lambda _: handing.wake())
    certifying = SealCertifier(
        register=tools,
        reader=host.sealed_reader,
        charter=host.charter,
        signer=host.signer,
        insist_sound=continuity.insist_sound,
    )
    servicer = SealingServicer(
        opening=host.opening,
        ordering=SealOrders(
            register=tools,
            at_exactly_five=lambda: host.charter().unseal_at_exactly_five,
            insist_head=host.roll.insist_named,
        ),
        holding=ProposalHolder(register=tools, node=name, charter=host.charter, signer=host.signer),
        certifying=certifying,
        resealing=resealing,
        overseeing=RunOverseer(register=tools, wake=resealing.wake),
        spreading=spreading,
        serving=SealNotices(
            register=tools,
            reader=host.sealed_reader,
            node=name,
            charter=host.charter,
            signer=host.signer,
            insist_sound=continuity.insist_sound,
        ),
        worklist=WorkList(
            register=tools,
            reader=host.sealed_reader,
            opened=host.open_reader,
            announced=announcing.announcements.store,
            violation_certificates=lambda: host.charter().readings.violation_certificates,
            catalogue=host.disclosure.catalogue,
        ),
    )
    return SealingPart(
        services=[Service.of(sealing_pb2_grpc.add_SealingServiceServicer_to_server, servicer)],
        running=[at_start(begin), handing.running(), resealing.running()],
        spreading=spreading,
        outbox=outbox,
        resealing=resealing,
    )
