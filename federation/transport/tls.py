"""Mutual TLS on the caller's side: it shows a certificate, and trusts one authority and one name.

The server's side is in `materials`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio

from federation.charter.model import Charter, InstallationState
from federation.errors import NotFound, Unavailable
from federation.transport.pair import matching_pair
from federation.values.clock import now
from federation.values.identity import Installation

MESSAGE_BYTES = 8 * 1024 * 1024
METADATA_BYTES = 32 * 1024

Options = Sequence[tuple[str, int | str]]

SHARED_OPTIONS: Options = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.max_metadata_size", METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", 2 * METADATA_BYTES),
)

CHANNEL_OPTIONS: Options = (
    *SHARED_OPTIONS,
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_retries", 0),  # only code that knows which calls are idempotent may retry
    ("grpc.enable_http_proxy", 0),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Certificate and key of an installation as a caller; read anew for each connection, so that rotation works."""

    certificate: Path
    key: Path

    def channel(self, endpoint: str, *, server: Installation, charter: Charter) -> grpc.Channel:
        """Return a channel to `endpoint` that accepts `server` and nobody else; raises like `channel`."""
        return channel(endpoint, server=server, charter=charter, certificate=self.certificate, key=self.key)

    def aio_channel(self, endpoint: str, *, server: Installation, charter: Charter) -> grpc.aio.Channel:
        """Return such a channel for the running event loop; raises like `channel`."""
        dns, ca = _pinned(server, charter)
        certificate, key = matching_pair(self.certificate, self.key)
        credentials = grpc.ssl_channel_credentials(ca, key, certificate)
        return grpc.aio.secure_channel(endpoint, credentials, options=[*CHANNEL_OPTIONS, _named(dns)])


def channel(
    endpoint: str,
    *,
    server: Installation,
    charter: Charter,
    certificate: Path,
    key: Path,
    options: Options = (),
) -> grpc.Channel:
    """Return a channel to `endpoint` that accepts `server` and nobody else.

    It trusts only the authority that vouches for the server's member, and expects the DNS name that only this
    installation's certificate carries. Raises `NotFound` when the charter does not list the server and
    `Unavailable` when it has been suspended or removed.
    """
    dns, ca = _pinned(server, charter)
    return pinned_channel(endpoint, dns=dns, ca=ca, certificate=certificate, key=key, options=options)


def pinned_channel(
    endpoint: str, *, dns: str, ca: bytes, certificate: Path, key: Path, options: Options = ()
) -> grpc.Channel:
    """Return a channel that accepts only a server of authority `ca` (PEM) whose certificate names `dns`."""
    chain, private = matching_pair(certificate, key)
    credentials = grpc.ssl_channel_credentials(ca, private, chain)
    return grpc.secure_channel(endpoint, credentials, options=[*CHANNEL_OPTIONS, _named(dns), *options])


def _pinned(server: Installation, charter: Charter) -> tuple[str, bytes]:
    """Return the one DNS name and the authority (PEM) by which `server` is known."""
    entry = charter.installations.get(server)
    if entry is None:
        raise NotFound(f"charter {charter.version} lists no installation {server}")
    if entry.state in (InstallationState.SUSPENDED, InstallationState.REMOVED):
        raise Unavailable(f"{server} is {entry.state} in the charter", reason="INSTALLATION_NOT_ACTIVE")
    return entry.dns, trusted_for(server, charter)


def trusted_for(server: Installation, charter: Charter) -> bytes:
    """Return the certificates (PEM) of the authority that vouches for `server`: a former one too, while it counts."""
    issuers = charter.issuers(charter.members[server.member].authority)
    return b"\n".join(pem for pem, until in issuers if until is None or now() < until)


def _named(dns: str) -> tuple[str, str]:
    return "grpc.ssl_target_name_override", dns
