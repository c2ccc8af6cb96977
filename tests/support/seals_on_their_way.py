"""Seals of the police that are kept from reaching the procuratorate, which holds an open copy of what they seal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from federation.v1 import (
    record_pb2,
    registry_pb2,
)
from tests.support.federation import GATEWAY
from tests.support.records import Someone
from tests.support.seal_servers import (
    SealServers,
    finding,
)
from tests.support.seals import young_and_grown
from tests.support.waiting import wait_for

HOLDER = "procuratorate-1"


NOTHING = ("NO_RECORD", "COMPLETE")


@contextmanager
def slow(servers: SealServers, *, deliveries: bool = True, handing_over: bool = False) -> Iterator[None]:
    """Keep the gateway from delivering to the procuratorate, and the nodes from handing over to the gateway."""
    if deliveries:
        servers.slowed.to_nodes.add(HOLDER)
    if handing_over:
        servers.slowed.to_gateways.add(GATEWAY)
    try:
        yield
    finally:
        servers.slowed.end()


def copy_at_the_holder(servers: SealServers) -> tuple[Someone, record_pb2.Record, registry_pb2.Receipt]:
    """Enter an open copy; return the person, what the police will enter, and the copy's receipt."""
    someone, young, grown = young_and_grown()
    receipt = servers.enter("procuratorate", grown)
    assert finding(servers.ask(someone.subject())) == ("RECORD", "COMPLETE")
    return someone, young, receipt


def await_settled(servers: SealServers) -> None:
    """Wait until nothing waits for the holder and no mark is kept."""
    wait_for(
        lambda: (servers.waiting(HOLDER), servers.marks()),
        lambda left: left == (0, 0),
        what="no proposal for the holder and no mark",
    )
