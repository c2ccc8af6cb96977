"""Orders on seals at one node, put together: seal and unseal, hold, certify, serve, judge again."""

from __future__ import annotations

from federation.charter.model import Node
from federation.transport.serving import Service
from federation.v1 import sealing_pb2_grpc
from node.register.acts import Desk
from node.sealing.certifying import Certifying
from node.sealing.concerning import SpreadingSeals
from node.sealing.holding import Holding
from node.sealing.ordering import Ordering
from node.sealing.resealing import Resealing
from node.sealing.servicer import SealingServicer
from node.sealing.serving import Serving
from node.sealing.worklist import WorkList
from node.store.reading import Reader
from server.hosting import Host
from server.opening import Opening


def orders_service(
    host: Host,
    node: Node,
    *,
    desk: Desk,
    opening: Opening,
    sealed: Reader,
    resealing: Resealing,
    spreading: SpreadingSeals,
) -> Service:
    """Return the service through which gateways and the agency's own officers act on seals."""
    certifying = Certifying(desk=desk, reader=sealed, charter=host.charter, signer=host.signer)
    orders = SealingServicer(
        opening=opening,
        ordering=Ordering(desk=desk, at_exactly_five=lambda: host.charter().unseal_at_exactly_five),
        holding=Holding(desk=desk, node=node.name, charter=host.charter, signer=host.signer),
        certifying=certifying,
        resealing=resealing,
        spreading=spreading,
        serving=Serving(
            desk=desk,
            reader=sealed,
            node=node.name,
            charter=host.charter,
            signer=host.signer,
        ),
        worklist=WorkList(desk=desk, reader=sealed, certifying=certifying),
    )
    return Service.of(sealing_pb2_grpc.add_SealingServiceServicer_to_server, orders)
