"""The part of nodes' logs: their highest heads, taken from the other gateways too, and what is delivered again."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import grpc

from federation.charter.model import Charter, Gateway
from federation.evidence.entry import EntryKind
from federation.transport.serving import Service
from federation.transport.tls import Caller
from federation.v1 import heads_pb2_grpc
from federation.values.clock import stamp
from federation.values.heads import Head
from gateway.continuity.collecting import HeadCollector
from gateway.continuity.head_store import HeadStore
from gateway.continuity.heads import Heads
from gateway.continuity.servicer import HeadServicer
from gateway.host import GatewayHost
from gateway.relay.part import RelayPart
from server.journal.work import Work
from server.part import Part, at_start

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadsPart(Part):
    """The heads, for questions: a page counts only where the node's log goes on from the highest one."""

    heads: Heads


def part(host: GatewayHost, relay: RelayPart) -> HeadsPart:
    """Return the part; before the first call it takes up what the store and the other gateways know."""
    caller = Caller(host.settings.certificate, host.settings.key)

    def connect(other: Gateway, charter: Charter) -> grpc.Channel:
        return caller.channel(other.endpoint, server=other.installation, charter=charter)

    heads = Heads(
        journal=host.journal,
        store=HeadStore(strongbox=host.box),
        charter=host.charter,
        now=host.now,
        repeating=relay.repeating,
    )
    collecting = HeadCollector(
        heads=heads, signer=host.signer, charter=host.charter, connect=connect, now=host.now
    )

    def begin() -> None:
        if host.lost is not None:
            _report(host, host.lost)
        heads.load()
        collecting.begin()

    servicer = HeadServicer(  # type: ignore[abstract]  # the rest is for nodes, and open to nobody here
        opening=host.opening, heads=heads, charter=host.charter
    )
    return HeadsPart(
        services=[Service.of(heads_pb2_grpc.add_HeadServiceServicer_to_server, servicer)],
        running=[at_start(begin), collecting.running()],
        heads=heads,
    )


def _report(host: GatewayHost, lost: Head) -> None:
    """Log that this gateway's own store is an older copy; others may know what it has lost of nodes' logs."""
    _LOGGER.error("this gateway's store is an older copy: heads of nodes' logs are taken from other gateways")
    at, here = stamp(host.now()), Head(*host.journal.state())

    def command(work: Work) -> None:
        work.log.append(
            EntryKind.INCIDENT,
            at=at,
            what="own-log-went-back",
            known=lost.written(),
            known_by=host.head_file.path.name,
            here=here.written(),
        )

    host.journal.run(command)
    host.head_file.held = False
