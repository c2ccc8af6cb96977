"""A running gRPC server as a context manager: bound, healthy, reflecting, and stopped gracefully."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from federation.transport.connections import connection_options
from federation.transport.layers import Layers
from federation.transport.limits import ROSTER
from federation.transport.placing import placed, seating
from federation.transport.tls import SHARED_OPTIONS, Options

#: Calls that may wait for a thread: those who are refused, all at once, are not refused by gRPC without a hint.
WAITING = 512


@dataclass(frozen=True)
class Service:
    """A servicer ready to be added: its full name, and what adds it to a server."""

    name: str
    add_to: Callable[[grpc.Server], None]


@contextmanager
def serving(
    services: Sequence[Service],
    *,
    address: str,
    credentials: grpc.ServerCredentials,
    layers: Layers,
    streams: int = 32,
    unary_workers: int = 16,
    request_bytes: int = ROSTER,
    max_connection_age_s: float = 300.0,
    grace_s: float = 1.0,
    options: Options = (),
) -> Iterator[int]:
    """Serve at `address` ("127.0.0.1:0" picks a port) and yield the bound port; stop gracefully on leaving.

    A call holds a thread for its life. Who finds no place of its kind (`federation.transport.placing`) is
    refused RESOURCE_EXHAUSTED, as are calls beyond those with a thread and `WAITING` more, and any message of more
    than `request_bytes`. Connections are closed after `max_connection_age_s` seconds so that new certificates
    take hold, and bounded as `federation.transport.connections` says. Raises `OSError` when it cannot bind.
    """
    seats = seating(streams=streams, unary_workers=unary_workers)
    pool = ThreadPoolExecutor(seats.threads, thread_name_prefix="rpc")
    server = grpc.server(
        pool,
        interceptors=[layers.inside(placed(seats))],
        maximum_concurrent_rpcs=seats.threads + WAITING,
        # Each once, the last that is given: of two gRPC takes the first.
        options=[
            *{
                **dict(SHARED_OPTIONS),
                **dict(_server_options(max_connection_age_s, grace_s)),
                **dict(connection_options(request_bytes)),
                **dict(options),
            }.items()
        ],
    )
    for service in services:
        service.add_to(server)
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    names = [service.name for service in services]
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    _say(status, names, health_pb2.HealthCheckResponse.NOT_SERVING)
    try:
        port = server.add_secure_port(address, credentials)
    except RuntimeError as error:
        pool.shutdown(wait=False)
        raise OSError(f"cannot listen on {address}: {error}") from error
    server.start()
    _say(status, names, health_pb2.HealthCheckResponse.SERVING)
    try:
        yield port
    finally:
        status.enter_graceful_shutdown()
        server.stop(grace_s).wait()
        pool.shutdown(wait=False, cancel_futures=True)


def _say(status: health.HealthServicer, names: Sequence[str], state: int) -> None:
    for name in ("", *names):
        status.set(name, state)


def _server_options(max_connection_age_s: float, grace_s: float) -> Options:
    return (
        ("grpc.max_connection_age_ms", int(max_connection_age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", int(max(grace_s, 5.0) * 1000)),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.so_reuseport", 0),  # two servers on one port would share callers by accident
    )
