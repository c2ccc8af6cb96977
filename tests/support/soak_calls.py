"""One call, or a few that belong together, of every kind that a soak repeats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from federation.client import Client
from federation.v1 import (
    charter_pb2,
    charter_pb2_grpc,
    evidence_pb2,
    evidence_pb2_grpc,
    registry_pb2,
    sealing_pb2,
)
from federation.values.identity import Installation
from tests.support import applying, asking
from tests.support.documents import digest, pdf
from tests.support.federation import GATEWAY
from tests.support.inside import InsideFederation
from tests.support.instruments import NOTICE, SIX_YEARS
from tests.support.notices import judgment
from tests.support.records import Someone, open_record, record, sealed_record

NODE = "police/node/police-1"


class World:
    """A node and a gateway in this process, and who calls them."""

    def __init__(self, servers: InsideFederation, folder: Path) -> None:
        self.servers, self.folder = servers, folder
        servers.start_node("police")
        servers.start_gateway()
        self.police, self.court = servers.client("police"), servers.client("court")
        self.applications = {
            name: servers.client("police", name).applications("police-1")
            for name in (applying.ACCEPTOR, applying.REVIEWER, applying.HANDLER)
        }
        someone, made = open_record("police")
        self.someone, self.receipt = someone, self.police.register.enter("police-1", made)

    def line(self, client: Client, kind: str) -> grpc.Channel:
        """Return a client's connection to the node or the gateway."""
        place = client.charter.gateways[0] if kind == "gateway" else client.connection.node("police-1")
        return client.connection.channel_to(place)


def enter(world: World) -> object:
    return world.police.register.enter("police-1", open_record("police")[1])


def enter_many(world: World) -> object:
    return list(world.police.register.enter_many("police-1", [open_record("police")[1] for _ in range(3)]))


def amend(world: World) -> object:
    _, made = open_record("police")
    receipt = world.police.register.enter("police-1", made)
    made.served_on = "2019-06-04"
    amendment = registry_pb2.Amendment(
        record_id=receipt.record_id, expected_version=1, record=made, reason="更正"
    )
    world.police.register.amend("police-1", amendment)
    withdrawal = registry_pb2.Withdrawal(record_id=receipt.record_id, expected_version=2, reason="误录")
    return world.police.register.withdraw("police-1", withdrawal)


def show(world: World) -> object:
    return world.police.register.show("police-1", world.receipt.record_id), world.police.register.history(
        "police-1", world.receipt.record_id
    )


def scans(world: World) -> object:
    return world.police.documents.attached("police-1", world.receipt.record_id)


def ask(world: World) -> object:
    answer = world.court.ask(asking.case(world.someone.subject())).answer
    assert answer.completeness
    return answer


def seal_and_unseal(world: World) -> object:
    _, made = sealed_record("police")
    receipt = world.police.register.enter("police-1", made)
    order = sealing_pb2.Unsealing(
        record_id=receipt.record_id,
        expected_version=1,
        ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
        combined_penalty=SIX_YEARS,
        instrument=NOTICE,
        reason="再审改判",
    )
    world.police.seals.unseal("police-1", order)
    other = world.police.register.enter("police-1", record(Someone(), "police"))
    sealing = sealing_pb2.Sealing(
        record_id=other.record_id, expected_version=1, instrument=NOTICE, reason="法院通知"
    )
    return world.police.seals.seal("police-1", sealing)


def notify(world: World) -> object:
    [receipt] = world.court.notices.submit([judgment(Someone())])
    return world.court.notices.track([receipt.notice])


def documents(world: World) -> object:
    file = pdf(world.folder, 2000)
    world.court.documents.put(file)
    out = world.folder / "out.pdf"
    world.court.documents.get(digest(file), out, reason="核对")
    out.unlink()
    file.unlink()
    return None


def apply(world: World) -> object:
    taken = world.applications[applying.ACCEPTOR].submit(applying.own(Someone())).application
    taken = world.applications[applying.ACCEPTOR].accept(taken, applying.ACCEPT).application
    taken = world.applications[applying.REVIEWER].review(taken, applying.APPROVE).application
    return world.applications[applying.REVIEWER].show(taken.number), world.applications[
        applying.REVIEWER
    ].list()


def log_status(world: World) -> object:
    return world.police.logs.status("police-1")


def common(kind: str) -> Callable[[World], object]:
    """Return calls of what every server offers."""

    def run(world: World) -> object:
        line, server = world.line(world.police, kind), Installation.parse(NODE if kind == "node" else GATEWAY)
        assert world.police.evidence.checkpoint(server).payload
        charter_pb2_grpc.CharterServiceStub(line).GetCharter(charter_pb2.GetCharterRequest(), timeout=60)
        if kind == "node":
            request = evidence_pb2.ListEntriesRequest(start=0, limit=5)
            evidence_pb2_grpc.EvidenceServiceStub(line).ListEntries(request, timeout=60)
        health = health_pb2_grpc.HealthStub(line)
        health.Check(health_pb2.HealthCheckRequest(), timeout=60)
        watched = health.Watch(health_pb2.HealthCheckRequest(), timeout=60)
        next(watched)
        watched.cancel()
        stub = reflection_pb2_grpc.ServerReflectionStub(line)
        listing = reflection_pb2.ServerReflectionRequest(list_services="")
        return list(stub.ServerReflectionInfo(iter([listing]), timeout=60))

    return run
