"""The part of notices: accepted, delivered by couriers, tracked, compared with lists, and parked where refused."""

from __future__ import annotations

from dataclasses import dataclass

from federation.transport.serving import Service
from federation.v1 import notice_pb2_grpc, parked_pb2_grpc, timeliness_pb2_grpc
from gateway.documents.part import KeptDocumentsPart
from gateway.documents.path_store import PathStore
from gateway.host import GatewayHost
from gateway.relay.accepting import NoticeAcceptor
from gateway.relay.courier import Couriers
from gateway.relay.delivery_store import DeliveryStore
from gateway.relay.fitting import NoticeChecker
from gateway.relay.judgment_store import JudgmentStore
from gateway.relay.notice_store import NoticeStore
from gateway.relay.outbox import DeliveryOutbox
from gateway.relay.parked import Parked
from gateway.relay.parked_servicer import ParkedServicer
from gateway.relay.parked_store import ParkedStore
from gateway.relay.queue_figures import QueueFigures
from gateway.relay.queue_store import QueueStore
from gateway.relay.receipt_store import ReceiptStore
from gateway.relay.reconciliation_servicer import ReconciliationServicer
from gateway.relay.reconciling import CourtReconciler
from gateway.relay.repeating import NoticeRepeater
from gateway.relay.servicer import NoticeServicer
from gateway.relay.tracking import NoticeTracker
from gateway.relay.tracking_store import TrackingStore
from server.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayPart(Part):
    """Notices, for what follows answers: this gateway's own are accepted here too, and all are counted."""

    accepting: NoticeAcceptor
    tracking: NoticeTracker
    #: Puts notices that a node took and lost on their way to it again.
    repeating: NoticeRepeater


def part(host: GatewayHost, documents: KeptDocumentsPart) -> RelayPart:
    """Return the part."""
    shelf, notices, deliveries = (
        documents.shelf,
        NoticeStore(strongbox=host.box),
        DeliveryStore(strongbox=host.box),
    )
    receipts = ReceiptStore(strongbox=host.box)
    couriers = Couriers(
        outbox=DeliveryOutbox(
            journal=host.journal,
            deliveries=deliveries,
            notices=notices,
            receipts=receipts,
            strongbox=host.box,
            carriages=shelf.carriages,
            carry=documents.carriers.wake,
        ),
        charter=host.charter,
        connect=host.connect,
        now=host.now,
    )
    tracked = TrackingStore(strongbox=host.box)
    paths = PathStore(documents=shelf.documents, receipts=shelf.receipts, unheard=tracked.unheard)
    tracking = NoticeTracker(journal=host.journal, store=tracked, ways=paths, now=host.now)
    accepting = NoticeAcceptor(
        journal=host.journal,
        notices=notices,
        deliveries=deliveries,
        documents=shelf,
        fitting=NoticeChecker(
            journal=host.journal,
            strongbox=host.box,
            documents=shelf.documents,
            allow_synthetic=host.settings.unsafe_allow_synthetic,
        ),
        signer=host.signer,
        charter=host.charter,
        now=host.now,
        accepted=couriers.wake,
    )
    reconciling = CourtReconciler(
        journal=host.journal,
        judgments=JudgmentStore(),
        strongbox=host.box,
        charter=host.charter,
        now=host.now,
    )
    parked = Parked(
        journal=host.journal,
        store=ParkedStore(documents=shelf.documents),
        now=host.now,
        notices=couriers.wake,
        documents=documents.carriers.wake,
    )
    opening = host.opening
    relayed = NoticeServicer(
        opening=opening, accepting=accepting, tracking=tracking, keeping=documents.keeping
    )
    reconciled = ReconciliationServicer(opening=opening, reconciling=reconciling)
    waiting = ParkedServicer(opening=opening, parked=parked)
    return RelayPart(
        services=[
            Service.of(notice_pb2_grpc.add_NoticeServiceServicer_to_server, relayed),
            Service.of(timeliness_pb2_grpc.add_ReconciliationServiceServicer_to_server, reconciled),
            Service.of(parked_pb2_grpc.add_ParkedServiceServicer_to_server, waiting),
        ],
        running=[couriers],
        figures=[QueueFigures(journal=host.journal, store=QueueStore(), charter=host.charter)],
        accepting=accepting,
        tracking=tracking,
        repeating=NoticeRepeater(
            journal=host.journal,
            receipts=receipts,
            deliveries=deliveries,
            charter=host.charter,
            wake=couriers.wake,
        ),
    )
