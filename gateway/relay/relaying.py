"""The relay of one gateway, put together: accepting, outbox, couriers, tracking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from federation.transport.serving import Service
from federation.v1 import notice_pb2, notice_pb2_grpc
from gateway.relay.accepting import Accepting
from gateway.relay.courier import Connect, Couriers
from gateway.relay.outbox import Outbox
from gateway.relay.strongbox import Strongbox
from gateway.relay.tracking import Tracking
from gateway.services.notice import GatewayIntakeServicer, NoticeServicer
from journal.hosting import Host


@dataclass(frozen=True, slots=True)
class Relay:
    """What a running relay offers: taking notices in, from inside too, and its services."""

    accepting: Accepting
    services: Sequence[Service]


@contextmanager
def relaying(
    host: Host,
    *,
    box: Strongbox,
    connect: Connect,
    allow_synthetic: bool,
    recalls: Callable[[], list[notice_pb2.RecallRow]],
) -> Iterator[Relay]:
    """Deliver what is due while the context lasts, and yield what takes and shows notices."""
    outbox = Outbox(journal=host.journal, strongbox=box)
    charter = host.trust.current
    with Couriers(outbox=outbox, charter=charter, connect=connect, now=host.now) as couriers:
        tracking = Tracking(journal=host.journal, strongbox=box, charter=charter, now=host.now)
        accepting = Accepting(
            journal=host.journal,
            strongbox=box,
            signer=host.signer,
            charter=charter,
            now=host.now,
            allow_synthetic=allow_synthetic,
            accepted=couriers.wake,
        )
        notices = NoticeServicer(accepting=accepting, tracking=tracking)
        figures = GatewayIntakeServicer(tracking=tracking, recalls=recalls)
        services = [
            Service(
                "federation.v1.NoticeService",
                lambda server: notice_pb2_grpc.add_NoticeServiceServicer_to_server(notices, server),
            ),
            Service(
                "federation.v1.IntakeService",
                lambda server: notice_pb2_grpc.add_IntakeServiceServicer_to_server(figures, server),
            ),
        ]
        yield Relay(accepting, services)
