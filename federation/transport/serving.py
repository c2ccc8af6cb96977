"""A running gRPC server as a context manager: bound, healthy, reflecting, and stopped gracefully.

Its port belongs to this program alone (`port`); a changed certificate or list of authorities is used by a new
server object on the same port (`rotation`, `listener`); when it stops, calls under way are finished (`underway`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from federation.charter.trust import CharterTrust
from federation.transport.connections import connection_options
from federation.transport.layers import Layers
from federation.transport.limits import ROSTER
from federation.transport.listener import Listener
from federation.transport.materials import MaterialsSource
from federation.transport.placing import placed, seating
from federation.transport.port import reserved
from federation.transport.rotation import Rotation
from federation.transport.tls import SHARED_OPTIONS, Options
from federation.transport.underway import Underway

S = TypeVar("S")
#: gRPC varies the age at which it closes connections by a tenth either way.
_AGE_SPREAD = 1.1
#: Seconds that calls may still take on a connection that has reached its age; then they are cut. Longer than the time
#: that the client library gives to any single call and to a stream of pages.
CUT_S = 65.0
#: Seconds for sending the last answers when no call is in progress any more.
_LAST_ANSWERS_S = 1.0

#: Calls that may wait for a thread, so that many refusals at once are not made by gRPC itself, without a hint.
WAITING = 512


@dataclass(frozen=True)
class Service:
    """A servicer ready to be added: its full name, and what adds it to a server."""

    name: str
    add_to: Callable[[grpc.Server], None]

    @classmethod
    def of(cls, add: Callable[[S, grpc.Server], None], servicer: S) -> Service:
        """Return a service of the contract, by the function `add_...Servicer_to_server` that was generated for it."""
        name = add.__name__.removeprefix("add_").removesuffix("Servicer_to_server")
        return cls(f"federation.v1.{name}", lambda server: add(servicer, server))


@contextmanager
def serving(
    services: Sequence[Service],
    *,
    address: str,
    certificate: Path,
    key: Path,
    trust: CharterTrust,
    layers: Layers,
    streams: int = 32,
    unary_workers: int = 16,
    request_bytes: int = ROSTER,
    max_connection_age_s: float = 300.0,
    drain_s: float = 10.0,
    rotation_s: float = 1.0,
    options: Options = (),
) -> Iterator[int]:
    """Serve at `address` ("127.0.0.1:0" picks a port) and yield the bound port; stop gracefully on leaving.

    A call holds a thread as long as it lasts. A call without a place of its kind (`federation.transport.placing`) is
    refused with RESOURCE_EXHAUSTED; so are calls beyond those with a thread and `WAITING` more, and any message of more
    than `request_bytes`. Connections are closed after `max_connection_age_s` seconds, and limited as in
    `federation.transport.connections`. Files and charter are checked every `rotation_s` seconds, and changes apply to
    new connections. On leaving, calls under way have `drain_s` seconds to end.

    Raises `OSError` when it cannot bind or read its files, `ValueError` when these do not fit, `CharterUnusable`.
    """
    seats = seating(streams=streams, unary_workers=unary_workers)
    pool = ThreadPoolExecutor(seats.threads, thread_name_prefix="rpc")
    underway, status = Underway(), health.HealthServicer()
    interceptors = [underway, layers.inside(placed(seats))]
    names = [service.name for service in services]
    # Each option once, with the last value given: of two values gRPC uses the first.
    every_option = {
        **dict(SHARED_OPTIONS),
        **dict(_server_options(max_connection_age_s)),
        **dict(connection_options(request_bytes)),
        **dict(options),
    }

    def build() -> grpc.Server:
        server = grpc.server(
            pool,
            interceptors=interceptors,
            maximum_concurrent_rpcs=seats.threads + WAITING,
            options=list(every_option.items()),
        )
        for service in services:
            service.add_to(server)
        health_pb2_grpc.add_HealthServicer_to_server(status, server)
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
        return server

    source = MaterialsSource(certificate, key, trust)
    lifetime_s = max_connection_age_s * _AGE_SPREAD + CUT_S + 1.0
    try:
        with reserved(address) as port:
            listener = Listener(build=build, port=port, lifetime_s=lifetime_s, cut_s=_LAST_ANSWERS_S)
            shown = source.read()
            _say(status, names, health_pb2.HealthCheckResponse.SERVING)
            listener.show(shown)
            rotation = Rotation(source=source, listener=listener, shown=shown, every_s=rotation_s)
            try:
                with rotation.running(trust):
                    yield port.number
            finally:
                status.enter_graceful_shutdown()
                _drain(listener, underway, drain_s)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _drain(listener: Listener, underway: Underway, drain_s: float) -> None:
    """Accept no more calls, and wait for those under way: at most `drain_s` seconds."""
    stopped = listener.stop(drain_s)
    if all(event.wait(_LAST_ANSWERS_S / 10) for event in stopped):
        return
    underway.await_quiet(drain_s)
    for event in listener.stop(min(_LAST_ANSWERS_S, drain_s)):
        event.wait()


def _say(status: health.HealthServicer, names: Sequence[str], state: int) -> None:
    for name in ("", *names):
        status.set(name, state)


def _server_options(max_connection_age_s: float) -> Options:
    return (
        ("grpc.max_connection_age_ms", int(max_connection_age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", int(CUT_S * 1000)),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.so_reuseport", 1),  # only for server objects of this program: see `port`
    )
