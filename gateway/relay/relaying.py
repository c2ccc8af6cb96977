"""The relay of one gateway, put together: accepting, outbox, couriers, tracking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from federation.transport.serving import Service
from federation.v1 import notice_pb2_grpc
from gateway.relay.accepting import Accepting
from gateway.relay.courier import Connect, Couriers
from gateway.relay.outbox import Outbox
from gateway.relay.strongbox import Strongbox
from gateway.relay.tracking import Tracking
from gateway.services.notice import GatewayIntakeServicer, NoticeServicer
from journal.hosting import Host


@contextmanager
def relaying(host: Host, *, key: bytes, connect: Connect, allow_synthetic: bool) -> Iterator[list[Service]]:
    """Deliver what is due while the context lasts, and yield the services that take and show notices."""
    box = Strongbox(key=key)
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
        figures = GatewayIntakeServicer(tracking=tracking)
        yield [
            Service(
                "federation.v1.NoticeService",
                lambda server: notice_pb2_grpc.add_NoticeServiceServicer_to_server(notices, server),
            ),
            Service(
                "federation.v1.IntakeService",
                lambda server: notice_pb2_grpc.add_IntakeServiceServicer_to_server(figures, server),
            ),
        ]
