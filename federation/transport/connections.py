"""Limits on connections before any call: how many there may be, and how long they may stay silent."""

from __future__ import annotations

import resource
from typing import Final

from federation.transport.tls import Options

#: Connections of one listening port at a time, where the process may open that many files; a further one is
#: closed at once.
MOST_CONNECTIONS: Final = 4096
#: Descriptors that a server wants to have: each connection holds one, and the store needs some.
DESCRIPTORS: Final = 16_384
#: Seconds within which the TLS handshake must be complete, from the first byte on the wire.
HANDSHAKE_S: Final = 10
#: Seconds after which a connection without a call is closed; a caller connects again by itself.
IDLE_S: Final = 120
#: Calls at once on one connection; a caller's further ones wait on its own side.
MOST_CALLS: Final = 128


def connection_options(request_bytes: int) -> Options:
    """Return gRPC's options for a server whose longest request has so many bytes.

    They limit the resources of callers whose calls never reach the layers.
    """
    return (
        ("grpc.max_allowed_incoming_connections", most_connections()),
        ("grpc.server_handshake_timeout_ms", HANDSHAKE_S * 1000),
        ("grpc.max_connection_idle_ms", IDLE_S * 1000),
        ("grpc.max_concurrent_streams", MOST_CALLS),
        ("grpc.max_receive_message_length", request_bytes),
    )


def most_connections() -> int:
    """Return how many connections may be open: half of the process's file limit, so that the store keeps enough."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, soft // 2)


def raise_descriptor_limit() -> None:
    """Let this process open as many files as the system allows it, up to `DESCRIPTORS`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
