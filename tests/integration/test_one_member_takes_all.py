"""One member cannot take a server from the others: not with streams, unsent or large messages, or connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from federation.charter.trust import CharterTrust
from federation.errors import Exhausted, HutongError, InvalidRequest
from federation.transport.limits import PAGE, ROSTER, SMALL
from federation.transport.status import error_of
from federation.transport.tls import channel
from federation.v1 import charter_pb2, charter_pb2_grpc, lookup_pb2, lookup_pb2_grpc
from tests.support.echo import ASK, LOOKUP, Echo, serving_echo
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.waiting import wait_for

NODE, COURT = "police/node/police-1", "court/client/desk"
STREAMS = 4
#: Generous: nothing may depend on how fast a busy machine is.
SECONDS = 60.0


class Server:
    """The server under test, and lines to it."""

    def __init__(
        self, federation: SmallFederation, trust: CharterTrust, endpoint: str, stack: ExitStack
    ) -> None:
        self.endpoint, self._federation, self._trust, self._stack = endpoint, federation, trust, stack

    def line(self, name: str) -> grpc.Channel:
        """Return a connection of its own for an installation."""
        who, node = self._federation.party(name), self._federation.party(NODE)
        return self._stack.enter_context(
            channel(
                self.endpoint,
                server=node.installation,
                charter=self._trust.current(),
                certificate=who.certificate,
                key=who.key,
                options=(("grpc.use_local_subchannel_pool", 1),),
            )
        )


@pytest.fixture
def federation(tmp_path: Path) -> SmallFederation:
    return SmallFederation(tmp_path)


@pytest.fixture
def serve(federation: SmallFederation) -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:
        trust = stack.enter_context(federation.trust())
        node = federation.party(NODE)

        def serve(**settings: int) -> Server:
            endpoint = stack.enter_context(
                serving_echo(
                    Echo(),
                    trust,
                    node.certificate,
                    node.key,
                    own=node.installation,
                    streams=STREAMS,
                    options=tuple(settings.items()),
                )
            )
            return Server(federation, trust, endpoint, stack)

        yield serve


def get_charter(line: grpc.Channel) -> str:
    stub = charter_pb2_grpc.CharterServiceStub(line)
    return stub.GetCharter(charter_pb2.GetCharterRequest(), timeout=SECONDS, wait_for_ready=True).digest


def looks_up(line: grpc.Channel) -> bool:
    """Say whether a gateway gets a page answered."""
    answers = lookup_pb2_grpc.LookupServiceStub(line).Lookup(
        iter([lookup_pb2.LookupRequest(page=7)]), timeout=SECONDS
    )
    return [answer.page for answer in answers] == [7]


def error_in(call: Callable[[], object]) -> HutongError:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return error_of(caught.value)


def watch(line: grpc.Channel) -> Iterator[object]:
    return iter(health_pb2_grpc.HealthStub(line).Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS))


def reflect(line: grpc.Channel, done: threading.Event) -> Iterator[object]:
    def requests() -> Iterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        done.wait(SECONDS)

    stub = reflection_pb2_grpc.ServerReflectionStub(line)
    return iter(stub.ServerReflectionInfo(requests(), timeout=SECONDS))


@pytest.mark.parametrize("kind", ["watch", "reflect"])
def test_health_watches_and_reflection_cannot_take_the_places_of_gateways(
    serve: Callable[..., Server], kind: str
) -> None:
    server, done = serve(), threading.Event()
    court = server.line(COURT)
    open_ones, refused = [], []
    for _ in range(3 * STREAMS):
        stream = watch(court) if kind == "watch" else reflect(court, done)
        try:
            next(stream)
            open_ones.append(stream)
        except grpc.RpcError as error:
            refused.append(error_of(error))
    try:
        assert looks_up(server.line(GATEWAY))
        assert 1 <= len(open_ones) <= 2, f"{len(open_ones)} streams of one member are open"
        assert all(isinstance(error, Exhausted) and error.retry_after_s > 0 for error in refused)
        assert "of a member" in refused[0].message
        # Another member has its own.
        other = watch(server.line("education/client/desk"))
        assert next(other)
    finally:
        done.set()


def test_calls_whose_message_never_comes_take_no_thread_from_others(serve: Callable[..., Server]) -> None:
    server, done = serve(), threading.Event()

    def never() -> Iterator[bytes]:
        done.wait(SECONDS)
        yield b""

    court = server.line(COURT)
    call: Any = court.stream_unary(ASK)
    opened = [call.future(never(), timeout=SECONDS) for _ in range(200)]
    try:
        wait_for(lambda: any(each.done() for each in opened), what="a call to be refused")
        assert get_charter(server.line("education/client/desk")) == "education/client/desk"
        assert looks_up(server.line(GATEWAY))
        refusals = [each.exception(timeout=SECONDS) for each in opened if each.done()]
        assert {type(error_of(error)) for error in refusals if isinstance(error, grpc.RpcError)} == {
            Exhausted
        }
    finally:
        done.set()


def test_a_long_message_is_refused_by_rpc_and_limit_before_it_is_parsed(serve: Callable[..., Server]) -> None:
    line = serve().line(GATEWAY)
    single: Any = line.unary_unary(ASK)
    assert single(b"", timeout=SECONDS, wait_for_ready=True)
    # Of no use to any parser: had it been parsed, the refusal would be of its form.
    error = error_in(lambda: single(b"\xff" * (SMALL + 1), timeout=SECONDS))
    assert isinstance(error, InvalidRequest)
    assert error.violations[0].rule == "SIZE"
    assert ASK in error.message
    assert str(SMALL) in error.message
    stream: Any = line.stream_stream(LOOKUP)
    error = error_in(lambda: next(stream(iter([b"\xff" * (PAGE + 1)]), timeout=SECONDS)))
    assert isinstance(error, InvalidRequest)
    assert LOOKUP in error.message
    # What no rpc takes is not even read to its end.
    error = error_in(lambda: single(b"\xff" * (ROSTER + 1), timeout=SECONDS))
    assert isinstance(error, Exhausted)


def test_a_message_that_cannot_be_parsed_is_the_callers_fault(serve: Callable[..., Server]) -> None:
    line = serve().line(GATEWAY)
    single: Any = line.unary_unary(ASK)
    error = error_in(lambda: single(b"\xff\xff", timeout=SECONDS, wait_for_ready=True))
    assert isinstance(error, InvalidRequest)
    assert error.violations[0].rule == "FORMAT"
    stream: Any = line.stream_stream(LOOKUP)
    assert isinstance(error_in(lambda: next(stream(iter([b"\xff\xff"]), timeout=SECONDS))), InvalidRequest)


def test_a_single_call_without_a_message_is_refused(serve: Callable[..., Server]) -> None:
    line = serve().line(GATEWAY)
    error = error_in(lambda: line.stream_unary(ASK)(iter([]), timeout=SECONDS, wait_for_ready=True))
    assert isinstance(error, InvalidRequest)
    assert error.violations[0].rule == "REQUIRED"


def test_connections_that_never_start_tls_are_cut(serve: Callable[..., Server]) -> None:
    host, port = serve().endpoint.split(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(5)]
    for connection in silent:
        connection.settimeout(SECONDS)
        assert connection.recv(1) == b"", "the server waits for a handshake that never comes"
        connection.close()


def test_connections_are_bounded_and_those_who_come_later_get_in_again(serve: Callable[..., Server]) -> None:
    server = serve(**{"grpc.max_allowed_incoming_connections": 8})
    host, port = server.endpoint.split(":")
    flood = [socket.create_connection((host, int(port))) for _ in range(40)]
    try:
        wait_for(
            lambda: sum(_cut(connection) for connection in flood),
            lambda seen: seen >= 30,
            what="connections to be cut",
        )
    finally:
        for connection in flood:
            connection.close()
    assert get_charter(server.line(COURT)) == COURT


def test_a_connection_without_a_call_is_closed(serve: Callable[..., Server]) -> None:
    server = serve(**{"grpc.max_connection_idle_ms": 500})
    seen: list[grpc.ChannelConnectivity] = []
    line = server.line(COURT)
    line.subscribe(seen.append)
    get_charter(line)
    wait_for(
        lambda: seen[seen.index(grpc.ChannelConnectivity.READY) :],
        lambda since: grpc.ChannelConnectivity.IDLE in since,
        what="a closed connection",
    )
    assert get_charter(line) == COURT


def _cut(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
