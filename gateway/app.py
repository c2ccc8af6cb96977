"""The assembly of a gateway: the only module of this package that chooses implementations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import grpc
import grpc.aio

from federation.charter.envelope import GATEWAY
from federation.charter.model import Charter, Node
from federation.law.disclosure import Disclosure
from federation.transport import access
from federation.transport.serving import Service
from federation.transport.tls import Caller
from federation.v1 import query_pb2_grpc, recall_pb2_grpc, sealing_pb2_grpc
from federation.values import clock
from gateway.asking import schema as asking_schema
from gateway.asking.held_store import HeldAnswers
from gateway.asking.interconnect import Interconnect, Terms
from gateway.asking.links import Links
from gateway.asking.looping import Looping
from gateway.asking.servicer import QueryServicer
from gateway.documents import schema as documents_schema
from gateway.following import schema as following_schema
from gateway.following.caused_recall_store import CausedRecallStore
from gateway.following.discrepancies import Discrepancies
from gateway.following.discrepancy_store import DiscrepancyStore
from gateway.following.member_recall_store import MemberRecallStore
from gateway.following.recall_store import RecallStore
from gateway.following.recalling import Recalling
from gateway.following.servicer import RecallServicer
from gateway.following.showing import Showing
from gateway.following.told_store import ToldAnswers
from gateway.key_kinds import GATEWAY_KEYS
from gateway.relay import schema as relay_schema
from gateway.relay.relaying import relaying
from gateway.sealing.part import Sealing
from gateway.sealing.servicer import SealingServicer
from gateway.strongbox import Strongbox
from server.hosting import hosting, served
from server.keyfiles import load_keys
from server.opening import Opening
from server.own_certificate import Ending
from server.settings import GatewaySettings
from server.stores.key_checks import KeyRing
from server.stores.making import make_home

#: `journal` encrypts the bodies of the log, `held` the answers kept for auditors, `relay` the notices,
#: disclosures, recalls and correction requests.
KEYS = ("journal", "held", "relay")


def init(home: Path) -> None:
    """Make a gateway's folder, its secret keys and its empty store; existing parts stay unchanged.

    Raises `Unavailable` or `Corrupt` when a key that the store has used, or the store itself, is lost.
    """
    make_home(home, GATEWAY_KEYS)


@contextmanager
def running(
    settings: GatewaySettings, *, now: Callable[[], datetime] = clock.now, ending: Ending | None = None
) -> Iterator[int]:
    """Run a gateway and yield the port it listens on; it stops in order when the context ends."""
    keys = load_keys(settings.home / "keys", KEYS)

    caller = Caller(settings.certificate, settings.key)

    def connect(node: Node, charter: Charter) -> grpc.Channel:
        return caller.channel(node.endpoint, server=node.installation, charter=charter)

    def connect_loop(node: Node, charter: Charter) -> grpc.aio.Channel:
        return caller.aio_channel(node.endpoint, server=node.installation, charter=charter)

    schemas = [asking_schema.SCHEMA, relay_schema.SCHEMA, following_schema.SCHEMA, documents_schema.SCHEMA]
    box = Strongbox(key=keys["relay"])
    told = ToldAnswers(strongbox=box)
    ring = KeyRing(settings.home / "keys", keys, GATEWAY_KEYS)
    with hosting(settings, ring=ring, schemas=schemas, now=now, ending=ending) as host, ExitStack() as stack:
        opening = Opening(charter=host.charter, destination=GATEWAY, now=host.now)
        looping = stack.enter_context(Looping("asking"))
        links = stack.enter_context(
            Links(
                charter=host.charter, connect=connect_loop, page_deadline_s=settings.page_deadline_s
            ).used_on(looping)
        )
        recalling = Recalling(
            told=told,
            store=RecallStore(strongbox=box),
            journal=host.journal,
            charter=host.charter,
            now=host.now,
        )
        relay = stack.enter_context(
            relaying(
                host,
                opening=opening,
                box=box,
                connect=connect,
                allow_synthetic=settings.unsafe_allow_synthetic,
                recalls=recalling.figures,
            )
        )
        discrepancies = Discrepancies(
            accepting=relay.accepting,
            journal=host.journal,
            store=DiscrepancyStore(strongbox=box),
            signer=host.signer,
            charter=host.charter,
            now=host.now,
        )
        sealing = Sealing(
            key=keys["held"],
            journal=host.journal,
            signer=host.signer,
            charter=host.charter,
            connect=connect,
            now=host.now,
        )
        query = QueryServicer(
            looping=looping,
            interconnect=Interconnect(
                opening=opening,
                links=links,
                journal=host.journal,
                held_answers=HeldAnswers(key=keys["held"]),
                disclosure=Disclosure(extra_forbid_dir=settings.policy_folder),
                signer=host.signer,
                charter=host.charter,
                now=host.now,
                terms=Terms(settings.node_deadline_s, settings.unsafe_allow_synthetic),
                sealing=sealing,
                told_answers=told,
                discrepancies=discrepancies,
            ),
        )
        service = Service.of(query_pb2_grpc.add_QueryServiceServicer_to_server, query)
        seals = SealingServicer(  # type: ignore[abstract]  # the rest is for nodes, and open to nobody here
            opening=opening, taking=sealing.taking
        )
        orders = Service.of(sealing_pb2_grpc.add_SealingServiceServicer_to_server, seals)
        recalls = RecallServicer(  # type: ignore[abstract]  # the rest is for nodes, and open to nobody here
            opening=opening,
            recalling=recalling,
            showing=Showing(
                journal=host.journal,
                recalls=MemberRecallStore(strongbox=box),
                caused=CausedRecallStore(strongbox=box),
                signer=host.signer,
                charter=host.charter,
                now=host.now,
            ),
        )
        following = Service.of(recall_pb2_grpc.add_RecallServiceServicer_to_server, recalls)
        services = [service, orders, following, *relay.services]
        with (
            sealing.running(),
            discrepancies.running(),
            served(host, services, rules=access.GATEWAY) as port,
        ):
            yield port
