"""The gateway of a history: its parts on a store of its own, without threads and without a port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

import gateway.app
from federation.errors import Unavailable
from federation.transport import access
from federation.transport.serving import Service
from federation.v1 import (
    lookup_pb2,
    lookup_pb2_grpc,
    query_pb2,
    query_pb2_grpc,
)
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation
from gateway.asking import part as asking_part
from gateway.asking.link import Paged
from gateway.asking.links import NodeLinks, NodeReply, Target
from gateway.asking.looping import EventLoop
from gateway.asking.meter import QuestionMeter
from gateway.asking.servicer import QueryServicer
from gateway.continuity import part as continuity_part
from gateway.documents import part as documents_part
from gateway.following import part as following_part
from gateway.host import KEYS, GatewayHost
from gateway.relay import part as relay_part
from gateway.relay.schema import undelivered
from gateway.sealing import part as sealing_part
from server.hosting import Host
from server.journal.journal import open_journal
from server.keyfiles import load_keys
from server.settings import GatewaySettings
from server.stores.head_file import HeadFile
from tests.histories.wire import Server
from tests.support.federation import GATEWAY

#: Before the day on which `practice-2022` comes into force.

if TYPE_CHECKING:
    from tests.histories.world import World

_GATEWAY = Installation.parse(GATEWAY)


class TurnByTurnLinks:
    """What the interconnect needs of its links: a page of one question to each node, in turn."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def ask(
        self, nodes: Sequence[Target], envelope: Envelope, *, within_s: float
    ) -> Mapping[str, NodeReply]:
        """Return what each node answers, or that it cannot be reached."""
        replies: dict[str, NodeReply] = {}
        for target in nodes:
            listed = target.node
            question = lookup_pb2.Question(
                envelope=envelope, attempt=target.attempts.next(), person_digests=target.person_digests
            )
            page = lookup_pb2.LookupRequest(page=1, questions=[question])
            stub = lookup_pb2_grpc.LookupServiceStub(self._world.to_node(listed, self._world.charter()))
            try:
                [response] = stub.Lookup(iter([page]))
            except Unavailable as error:
                replies[listed.name] = error
                continue
            [paged] = response.answers
            evidence = query_pb2.NodeEvidence(
                node=listed.name, answer=paged.answer, path=paged.path, page=response.statement
            )
            replies[listed.name] = Paged(evidence, paged, response.head, response.spreads)
        return replies


class HistoryGateway:
    """The gateway as it runs now: `server` is what its clients reach, `sealing` what its threads would do."""

    def __init__(self, world: World, stack: ExitStack) -> None:
        party = world.template.federation.party(GATEWAY)
        home = world.home / "gateway"
        keys = load_keys(home / "keys", KEYS)
        journal = stack.enter_context(
            open_journal(
                home / "store.db",
                body_key=keys["journal"],
                charter=world.template.charter,
                signer=party.signer,
                now=world.now,
                schemas=gateway.app.SCHEMAS,
            )
        )
        settings = GatewaySettings(
            home=home,
            charter=world.template.federation.published,
            installation=GATEWAY,
            certificate=party.certificate,
            key=party.key,
            signing_key=party.signing_key,
            node_deadline_s=60.0,
            unsafe_allow_synthetic=True,
        )
        common = Host(
            settings=settings,
            installation=_GATEWAY,
            trust=world.template.trust,
            signer=party.signer,
            journal=journal,
            charter=world.charter,
            head_file=HeadFile(home / "head.json"),
            lost=None,
            now=world.now,
        )
        host = GatewayHost.over(
            common, settings, keys, disclosure=world.template.disclosure, connect=world.to_node
        )
        # Nothing runs in the background: seals are carried when the history says so, and none sends notices.
        documented = documents_part.part(host, undelivered)
        relayed = relay_part.part(host, documented)
        followed = following_part.part(host, relayed)
        heads = continuity_part.part(host, relayed).heads
        sealed = sealing_part.part(host)
        self.sealing = stack.enter_context(sealed.urgent)
        looping = stack.enter_context(EventLoop("asking"))
        links = cast("NodeLinks", TurnByTurnLinks(world))
        query = QueryServicer(
            interconnect=asking_part.interconnect(host, links, sealed, followed, heads, QuestionMeter()),
            looping=looping,
        )
        services = [
            Service.of(query_pb2_grpc.add_QueryServiceServicer_to_server, query),
            *sealed.services,
        ]
        self.server = Server(services, access.GATEWAY, _GATEWAY)
