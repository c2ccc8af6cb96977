"""A call that has ended leaves nothing in memory, however it ended: not even until a garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from federation.errors import InvalidRequest
from federation.transport.tls import channel
from federation.v1 import charter_pb2, charter_pb2_grpc, lookup_pb2, lookup_pb2_grpc
from tests.support.echo import Echo, serving_echo
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.waiting import wait_for

NODE = "police/node/police-1"
CALLS = 20


@dataclass(frozen=True)
class Lines:
    """A connection of a gateway to the server, and one of a court, which may not look up."""

    gateway: grpc.Channel
    court: grpc.Channel


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def lines(echo: Echo, tmp_path: Path) -> Iterator[Lines]:
    federation = SmallFederation(tmp_path)
    node = federation.party(NODE)
    with (
        federation.trust() as trust,
        serving_echo(echo, trust, node.certificate, node.key, own=node.installation) as endpoint,
    ):

        def line(name: str) -> grpc.Channel:
            who = federation.party(name)
            return channel(
                endpoint,
                server=node.installation,
                charter=trust.current(),
                certificate=who.certificate,
                key=who.key,
            )

        with line(GATEWAY) as gateway, line("court/client/desk") as court:
            yield Lines(gateway, court)


def single(lines: Lines) -> None:
    charter_pb2_grpc.CharterServiceStub(lines.gateway).GetCharter(charter_pb2.GetCharterRequest(), timeout=30)


def failed(lines: Lines) -> None:
    with pytest.raises(grpc.RpcError):
        single(lines)


def refused(lines: Lines) -> None:
    with pytest.raises(grpc.RpcError):
        next(lookup_pb2_grpc.LookupServiceStub(lines.court).Lookup(pages(1), timeout=30))


def stream_to_its_end(lines: Lines) -> None:
    assert len(list(lookup_pb2_grpc.LookupServiceStub(lines.gateway).Lookup(pages(2), timeout=30))) == 2


def stream_cut(lines: Lines) -> None:
    answers = lookup_pb2_grpc.LookupServiceStub(lines.gateway).Lookup(pages(1_000_000), timeout=30)
    next(answers)
    answers.cancel()


def watch_cut(lines: Lines) -> None:
    watched = health_pb2_grpc.HealthStub(lines.court).Watch(health_pb2.HealthCheckRequest(), timeout=30)
    next(watched)
    watched.cancel()


def pages(many: int) -> Iterator[lookup_pb2.LookupRequest]:
    return (lookup_pb2.LookupRequest(page=number) for number in range(many))


@pytest.mark.parametrize("kind", [single, failed, refused, stream_to_its_end, stream_cut, watch_cut])
def test_a_call_that_ended_leaves_nothing(kind: Callable[[Lines], None], lines: Lines, echo: Echo) -> None:
    single(lines)
    echo.contexts.clear()
    if kind is failed:
        echo.error = InvalidRequest.of("field", "RULE", "is wrong")
    gc.collect()
    gc.disable()  # what only a collection frees stays for long in a server that spares it
    try:
        for _ in range(CALLS):
            kind(lines)
            if echo.error is not None:
                echo.error.__traceback__ = None  # it is this test's, and held here
            wait_for(
                lambda: sum(context() is not None for context in echo.contexts),
                lambda held: held == 0,
                what="every call to be let go",
            )
        assert len(echo.contexts) == CALLS
    finally:
        gc.enable()
