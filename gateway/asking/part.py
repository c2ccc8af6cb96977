"""The part of questions: all nodes that must answer are asked together, on one event loop."""

from __future__ import annotations

import grpc.aio

from federation.charter.model import Charter, Node
from federation.transport.serving import Service
from federation.transport.tls import Caller
from federation.v1 import query_pb2_grpc
from gateway.asking.held_store import HeldAnswers
from gateway.asking.interconnect import Interconnect, Terms
from gateway.asking.links import NodeLinks
from gateway.asking.looping import EventLoop
from gateway.asking.meter import QuestionMeter
from gateway.asking.servicer import QueryServicer
from gateway.continuity.heads import Heads
from gateway.continuity.part import HeadsPart
from gateway.following.part import FollowingPart
from gateway.host import GatewayHost
from gateway.sealing.part import SealDeliveryPart
from server.part import Part


def part(
    host: GatewayHost, sealing: SealDeliveryPart, following: FollowingPart, continuity: HeadsPart
) -> Part:
    """Return the part."""
    caller = Caller(host.settings.certificate, host.settings.key)

    def connect(node: Node, charter: Charter) -> grpc.aio.Channel:
        return caller.aio_channel(node.endpoint, server=node.installation, charter=charter)

    looping = EventLoop("asking")
    links = NodeLinks(
        charter=host.charter,
        connect=connect,
        heads=continuity.heads,
        page_deadline_s=host.settings.page_deadline_s,
    )
    meter = QuestionMeter()
    servicer = QueryServicer(
        looping=looping, interconnect=interconnect(host, links, sealing, following, continuity.heads, meter)
    )
    return Part(
        services=[Service.of(query_pb2_grpc.add_QueryServiceServicer_to_server, servicer)],
        running=[looping, links.used_on(looping)],
        figures=[meter],
    )


def interconnect(
    host: GatewayHost,
    links: NodeLinks,
    sealing: SealDeliveryPart,
    following: FollowingPart,
    heads: Heads,
    meter: QuestionMeter,
) -> Interconnect:
    """Return the path of questions over these links."""
    return Interconnect(
        opening=host.opening,
        links=links,
        journal=host.journal,
        held_answers=HeldAnswers(key=host.held_key),
        disclosure=host.disclosure,
        signer=host.signer,
        charter=host.charter,
        now=host.now,
        terms=Terms(host.settings.node_deadline_s, host.settings.unsafe_allow_synthetic),
        sealing=sealing.urgent,
        heads=heads,
        disclosed_answers=following.answers,
        discrepancies=following.discrepancies,
        meter=meter,
    )
