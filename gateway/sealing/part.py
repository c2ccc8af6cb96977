"""The part of seals: taken from nodes, kept with their marks, delivered to all holders in the background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from federation.transport.serving import Service
from federation.v1 import sealing_pb2_grpc
from gateway.host import GatewayHost
from gateway.sealing.acknowledgement_store import AcknowledgementStore
from gateway.sealing.delivering import SealDeliverer
from gateway.sealing.late_figure import LateSealFigure
from gateway.sealing.late_store import LateSealStore
from gateway.sealing.mark_store import MarkStore
from gateway.sealing.marks import MarkKey
from gateway.sealing.node_calls import NodeCalls
from gateway.sealing.proposal_store import ProposalStateStore, ProposalStore
from gateway.sealing.servicer import SealingServicer
from gateway.sealing.spreading import ProposalVerifier
from gateway.sealing.sweeping import MarkSweeper
from gateway.sealing.syncing import FetchedSeals
from gateway.sealing.taking import ProposalIntake
from gateway.sealing.under_way import UnderWay
from gateway.sealing.urgent import UrgentSeals
from gateway.sealing.workers import END_S, SealWorker
from server.node_fleet import NodeFleet
from server.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class SealDeliveryPart(Part):
    """Seals, for questions: what waits is delivered before a node is asked."""

    urgent: UrgentSeals


def part(host: GatewayHost) -> SealDeliveryPart:
    """Return the part. Marks are made with a key derived from the one that encrypts waiting proposals."""
    journal, charter, now = host.journal, host.charter, host.now
    proposals, states = ProposalStore(key=host.held_key), ProposalStateStore()
    acknowledgements = AcknowledgementStore(key=host.held_key)
    marks, under_way = MarkKey(key=host.held_key), UnderWay()
    mark_store = MarkStore(marks=marks)
    reading = ProposalVerifier(charter=charter, now=now)
    calls = NodeCalls(signer=host.signer, charter=charter, connect=host.connect, now=now)

    def worker(name: str) -> SealWorker:
        return SealWorker(name, delivering=delivering, syncing=syncing, under_way=under_way, charter=charter)

    workers = NodeFleet(worker, charter=charter, hang_up=calls.close, within_s=END_S)
    sweeping = MarkSweeper(
        states=states, marks=marks, mark_store=mark_store, under_way=under_way, journal=journal
    )
    delivering = SealDeliverer(
        proposals=proposals,
        acknowledgements=acknowledgements,
        under_way=under_way,
        calls=calls,
        journal=journal,
        charter=charter,
        now=now,
        wake=workers.wake,
        ended=sweeping.ended,
    )
    taking = ProposalIntake(
        proposals=proposals,
        states=states,
        acknowledgements=acknowledgements,
        marks=marks,
        mark_store=mark_store,
        under_way=under_way,
        reading=reading,
        journal=journal,
        charter=charter,
        now=now,
        wake=workers.wake,
    )
    syncing = FetchedSeals(calls=calls, reading=reading, taking=taking)
    urgent = UrgentSeals(
        marks=marks,
        mark_store=mark_store,
        under_way=under_way,
        reading=reading,
        workers=workers,
        delivering=delivering,
        taking=taking,
        syncing=syncing,
        journal=journal,
    )

    @contextmanager
    def delivered() -> Iterator[None]:
        """Deliver in the background until the context ends; proposals of an earlier program get their marks first."""
        taking.mark_earlier()
        try:
            with workers, sweeping.running():
                yield
        finally:
            calls.close()

    servicer = SealingServicer(  # type: ignore[abstract]  # the rest is for nodes, and open to nobody here
        opening=host.opening, taking=taking
    )
    return SealDeliveryPart(
        services=[Service.of(sealing_pb2_grpc.add_SealingServiceServicer_to_server, servicer)],
        figures=[LateSealFigure(journal=journal, store=LateSealStore(), charter=charter, now=now)],
        running=[urgent, delivered()],  # calls end before the threads of questions that wait for them
        urgent=urgent,
    )
