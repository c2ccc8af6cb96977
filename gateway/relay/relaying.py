"""The assembly of a gateway's relay: accepting, outbox, couriers, tracking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from federation.notices.documents import limits
from federation.transport.serving import Service
from federation.v1 import notice_pb2, notice_pb2_grpc, parked_pb2_grpc, timeliness_pb2_grpc
from gateway.documents.carrying import Carriers
from gateway.documents.clearing import Clearing
from gateway.documents.keeping import Keeping
from gateway.documents.path_store import PathStore
from gateway.documents.shelf import Shelf
from gateway.relay.accepting import Accepting
from gateway.relay.courier import Couriers
from gateway.relay.delivery_store import DeliveryStore
from gateway.relay.fitting import Fitting
from gateway.relay.judgment_store import JudgmentStore
from gateway.relay.notice_store import NoticeStore
from gateway.relay.outbox import Outbox
from gateway.relay.parked import Parked
from gateway.relay.parked_servicer import ParkedServicer
from gateway.relay.parked_store import ParkedStore
from gateway.relay.receipt_store import ReceiptStore
from gateway.relay.reconciliation_servicer import ReconciliationServicer
from gateway.relay.reconciling import Reconciling
from gateway.relay.schema import undelivered
from gateway.relay.servicer import GatewayIntakeServicer, NoticeServicer
from gateway.relay.tracking import Tracking
from gateway.relay.tracking_store import TrackingStore
from gateway.strongbox import Strongbox
from server.hosting import Host
from server.journal.depot import Depot
from server.line import Connect
from server.opening import Opening


@dataclass(frozen=True, slots=True)
class Relay:
    """The parts that a running relay offers: its services, and the acceptance of notices, also from this gateway."""

    accepting: Accepting
    services: Sequence[Service]


@contextmanager
def relaying(
    host: Host,
    *,
    opening: Opening,
    box: Strongbox,
    connect: Connect,
    allow_synthetic: bool,
    recalls: Callable[[], list[notice_pb2.RecallRow]],
) -> Iterator[Relay]:
    """Deliver due notices while the context lasts, and yield the relay."""
    charter = host.charter
    shelf = Shelf(strongbox=box, undelivered=undelivered)
    notices, deliveries = NoticeStore(strongbox=box), DeliveryStore(strongbox=box)
    depot = Depot(host.settings.home / "documents", chunk_bytes=limits().chunk_bytes)
    with (
        _carriers(host, shelf, depot, connect) as carriers,
        Couriers(
            outbox=Outbox(
                journal=host.journal,
                deliveries=deliveries,
                notices=notices,
                receipts=ReceiptStore(strongbox=box),
                strongbox=box,
                carriages=shelf.carriages,
                carry=carriers.wake,
            ),
            charter=charter,
            connect=connect,
            now=host.now,
        ) as couriers,
    ):
        tracked = TrackingStore(strongbox=box)
        paths = PathStore(documents=shelf.documents, receipts=shelf.receipts, unheard=tracked.unheard)
        tracking = Tracking(journal=host.journal, store=tracked, ways=paths, now=host.now)
        keeping = Keeping(
            journal=host.journal,
            shelf=shelf,
            depot=depot,
            signer=host.signer,
            charter=charter,
            now=host.now,
            whole=carriers.wake,
        )
        accepting = Accepting(
            journal=host.journal,
            notices=notices,
            deliveries=deliveries,
            documents=shelf,
            fitting=Fitting(
                journal=host.journal,
                strongbox=box,
                documents=shelf.documents,
                allow_synthetic=allow_synthetic,
            ),
            signer=host.signer,
            charter=charter,
            now=host.now,
            accepted=couriers.wake,
        )
        servicer = NoticeServicer(opening=opening, accepting=accepting, tracking=tracking, keeping=keeping)
        figures = GatewayIntakeServicer(tracking=tracking, recalls=recalls)
        reconciliation = ReconciliationServicer(
            opening=opening,
            reconciling=Reconciling(
                journal=host.journal,
                judgments=JudgmentStore(),
                strongbox=box,
                charter=charter,
                now=host.now,
            ),
        )
        parked = ParkedServicer(
            opening=opening,
            parked=Parked(
                journal=host.journal,
                store=ParkedStore(documents=shelf.documents),
                now=host.now,
                notices=couriers.wake,
                documents=carriers.wake,
            ),
        )
        services = [
            Service.of(parked_pb2_grpc.add_ParkedServiceServicer_to_server, parked),
            Service.of(notice_pb2_grpc.add_NoticeServiceServicer_to_server, servicer),
            Service.of(notice_pb2_grpc.add_IntakeServiceServicer_to_server, figures),
            Service.of(timeliness_pb2_grpc.add_ReconciliationServiceServicer_to_server, reconciliation),
        ]
        yield Relay(accepting, services)


def _carriers(host: Host, shelf: Shelf, depot: Depot, connect: Connect) -> Carriers:
    charter = host.charter
    clearing = Clearing(
        journal=host.journal, shelf=shelf, depot=depot, signer=host.signer, charter=charter, now=host.now
    )
    return Carriers(
        journal=host.journal,
        shelf=shelf,
        depot=depot,
        clearing=clearing,
        charter=charter,
        connect=connect,
        now=host.now,
    )
