"""The part of seals: ordered, held for others, certified, judged again, and spread to every holder."""

from __future__ import annotations

from dataclasses import dataclass

from federation.transport.serving import Service
from federation.v1 import sealing_pb2_grpc
from node.host import NodeHost
from node.register.part import RegisterPart
from node.sealing.certifying import Certifying
from node.sealing.concerning import SpreadingSeals
from node.sealing.holding import Holding
from node.sealing.ordering import Ordering
from node.sealing.outbox import Outbox
from node.sealing.resealing import Resealing
from node.sealing.servicer import SealingServicer
from node.sealing.serving import Serving
from node.sealing.spreading import Spreading
from node.sealing.welcoming import Welcome
from node.sealing.worklist import WorkList
from server.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingPart(Part):
    """Seals, for answers, which carry those that spread; and what makes and judges them."""

    spreading: SpreadingSeals
    outbox: Outbox
    resealing: Resealing


def part(host: NodeHost, register: RegisterPart) -> SealingPart:
    """Return the part."""
    tools, name = register.tools, host.node.name
    outbox = Outbox(
        journal=host.journal,
        sealer=host.sealer,
        sealed_reader=host.sealed_reader,
        signer=host.signer,
        node=name,
        charter=host.charter,
        now=host.now,
    )
    resealing = Resealing(desk=tools, installation=host.installation)
    spreading = SpreadingSeals(desk=tools, outbox=outbox)
    handing = Spreading(outbox=outbox, welcome=Welcome(host.journal), sender=host.sender)
    host.journal.on_change(lambda _: handing.wake())
    certifying = Certifying(desk=tools, reader=host.sealed_reader, charter=host.charter, signer=host.signer)
    servicer = SealingServicer(
        opening=host.opening,
        ordering=Ordering(desk=tools, at_exactly_five=lambda: host.charter().unseal_at_exactly_five),
        holding=Holding(desk=tools, node=name, charter=host.charter, signer=host.signer),
        certifying=certifying,
        resealing=resealing,
        spreading=spreading,
        serving=Serving(
            desk=tools,
            reader=host.sealed_reader,
            node=name,
            charter=host.charter,
            signer=host.signer,
        ),
        worklist=WorkList(desk=tools, reader=host.sealed_reader, certifying=certifying),
    )
    return SealingPart(
        services=[Service.of(sealing_pb2_grpc.add_SealingServiceServicer_to_server, servicer)],
        running=[handing.running(), resealing.running()],
        spreading=spreading,
        outbox=outbox,
        resealing=resealing,
    )
