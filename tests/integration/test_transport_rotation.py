"""What a server shows and trusts changes while it serves: nobody's call is lost, and nothing is left behind."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import grpc
import psutil
import pytest
from cryptography import x509

from federation.charter.trust import CharterTrust
from federation.errors import Unavailable
from federation.transport.listener import MOST_ENDING
from federation.transport.status import error_of
from federation.transport.tls import channel
from federation.v1 import charter_pb2, charter_pb2_grpc
from federation.values.clock import now
from federation.values.identity import Installation
from tests.support.echo import Echo, serving_echo
from tests.support.federation import SmallFederation
from tests.support.waiting import wait_for

NODE = "police/node/police-1"
DESK = "court/client/desk"
CHANGES = 12
#: Changes after which nothing may have been left behind; a thousand on demand.
MANY = int(os.environ.get("HUTONG_TEST_CHANGES", "60"))
DEADLINE_S = 60.0


@pytest.fixture
def federation(tmp_path: Path) -> SmallFederation:
    return SmallFederation(tmp_path)


@pytest.fixture
def trust(federation: SmallFederation) -> Iterator[CharterTrust]:
    with federation.trust() as trust:
        yield trust


@contextmanager
def served(
    federation: SmallFederation, trust: CharterTrust, echo: Echo | None = None, drain_s: float = 5.0
) -> Iterator[str]:
    party = federation.party(NODE)
    with serving_echo(
        echo or Echo(), trust, party.certificate, party.key, own=party.installation, drain_s=drain_s
    ) as endpoint:
        yield endpoint


def shown(endpoint: str) -> int:
    """Return the serial number of the certificate that a new connection is shown."""
    host, _, port = endpoint.rpartition(":")
    pem = ssl.get_server_certificate((host, int(port)), timeout=DEADLINE_S)
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def renew(federation: SmallFederation) -> int:
    """Put another certificate and key in the place of the server's; return the serial number."""
    party = federation.party(NODE)
    certificate, key = federation.issue(NODE)
    party.key.write_bytes(key.read_bytes())
    party.certificate.write_bytes(certificate.read_bytes())
    return x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number


def line(federation: SmallFederation, endpoint: str) -> grpc.Channel:
    desk, server = federation.party(DESK), Installation.parse(NODE)
    charter = federation.charter()
    return channel(endpoint, server=server, charter=charter, certificate=desk.certificate, key=desk.key)


def call(to_node: grpc.Channel, *, wait_for_ready: bool = True) -> str:
    stub = charter_pb2_grpc.CharterServiceStub(to_node)
    request = charter_pb2.GetCharterRequest()
    return stub.GetCharter(request, timeout=DEADLINE_S, wait_for_ready=wait_for_ready).digest


def test_a_renewed_certificate_is_shown_and_open_connections_go_on(
    federation: SmallFederation, trust: CharterTrust
) -> None:
    with served(federation, trust) as endpoint, line(federation, endpoint) as open_line:
        assert call(open_line) == DESK
        serial = renew(federation)
        wait_for(lambda: shown(endpoint), lambda seen: seen == serial, what="the new certificate")
        assert call(open_line) == DESK


def test_a_half_written_certificate_keeps_the_present_one(
    federation: SmallFederation, trust: CharterTrust, caplog: pytest.LogCaptureFixture
) -> None:
    party = federation.party(NODE)
    with served(federation, trust) as endpoint:
        before, whole = shown(endpoint), federation.issue(NODE)[0].read_bytes()
        for broken in (whole[: len(whole) // 2], whole, b""):  # cut short; of another key; empty
            caplog.clear()
            party.certificate.write_bytes(broken)
            wait_for(
                lambda: caplog.text, lambda text: "goes on with the certificate" in text, what="the warning"
            )
            assert shown(endpoint) == before


def test_an_expired_charter_keeps_the_present_certificate(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ahead = timedelta()
    federation = SmallFederation(tmp_path, clock=lambda: now() + ahead)
    with federation.trust() as trust, served(federation, trust) as endpoint:
        before = shown(endpoint)
        ahead = timedelta(days=3650)
        renew(federation)
        wait_for(lambda: caplog.text, lambda text: "goes on with the certificate" in text, what="the warning")
        assert shown(endpoint) == before


def test_an_authority_that_the_charter_replaces_is_trusted_from_then_on(
    federation: SmallFederation, trust: CharterTrust
) -> None:
    other = "state_security/client/desk"
    with served(federation, trust) as endpoint:
        federation.replace_authority("state_security")
        certificate, key = federation.issue(other)
        server, charter = Installation.parse(NODE), federation.charter()
        with channel(endpoint, server=server, charter=charter, certificate=certificate, key=key) as opened:
            assert call(opened) == other


def test_no_call_is_lost_when_certificates_change(federation: SmallFederation, trust: CharterTrust) -> None:
    """Neither on connections that stay open nor on those made while a server object replaces another."""
    done = threading.Event()
    with served(federation, trust) as endpoint:

        def on_one_line(wait_for_ready: bool) -> int:
            with line(federation, endpoint) as kept:
                return sum(call(kept, wait_for_ready=wait_for_ready) == DESK for _ in iter(done.is_set, True))

        def on_new_lines(wait_for_ready: bool) -> int:
            made = 0
            while not done.is_set():
                with line(federation, endpoint) as fresh:
                    made += call(fresh, wait_for_ready=wait_for_ready) == DESK
            return made

        with ThreadPoolExecutor(4) as pool:
            loops = [
                pool.submit(loop, wait) for loop in (on_one_line, on_new_lines) for wait in (True, False)
            ]
            try:
                for _ in range(CHANGES):
                    change(federation, endpoint)
            finally:
                done.set()
            assert all(loop.result() > 0 for loop in loops)


def change(federation: SmallFederation, endpoint: str) -> None:
    """Renew the certificate, and wait until new connections are shown it."""
    serial = renew(federation)
    wait_for(lambda: shown(endpoint), lambda seen: seen == serial, what="the new certificate")


def test_many_changes_leave_no_threads_and_descriptors_behind(
    federation: SmallFederation, trust: CharterTrust
) -> None:
    process = psutil.Process()
    with served(federation, trust) as endpoint:
        for _ in range(MOST_ENDING + 4):
            change(federation, endpoint)
        threads, descriptors = process.num_threads(), process.num_fds()
        for _ in range(MANY):
            change(federation, endpoint)
        wait_for(process.num_threads, lambda seen: seen <= threads + 10, what="threads to end")
        wait_for(process.num_fds, lambda seen: seen <= descriptors + 10, what="descriptors to be closed")


@contextmanager
def serving_at(federation: SmallFederation, trust: CharterTrust, endpoint: str) -> Iterator[str]:
    party = federation.party(NODE)
    with serving_echo(
        Echo(), trust, party.certificate, party.key, own=party.installation, address=endpoint
    ) as served_at:
        yield served_at


def refused(federation: SmallFederation, trust: CharterTrust, endpoint: str) -> None:
    with (
        pytest.raises(OSError, match="another program has the port"),
        serving_at(federation, trust, endpoint),
    ):
        pass


def test_a_port_that_another_program_has_is_refused_though_it_would_share_it(
    federation: SmallFederation, trust: CharterTrust
) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused(federation, trust, f"127.0.0.1:{other.getsockname()[1]}")


def test_a_port_belongs_to_one_server_and_can_be_had_again_at_once(
    federation: SmallFederation, trust: CharterTrust
) -> None:
    """Connections that were closed a moment ago do not keep it."""
    with served(federation, trust) as endpoint, line(federation, endpoint) as opened:
        assert call(opened) == DESK
        refused(federation, trust, endpoint)
    with serving_at(federation, trust, endpoint) as again, line(federation, again) as opened:
        assert call(opened) == DESK


@pytest.mark.parametrize(("drain_s", "finished"), [(60.0, True), (0.2, False)], ids=["in time", "cut"])
def test_a_server_that_stops_finishes_calls_under_way_for_a_stated_time(
    federation: SmallFederation, trust: CharterTrust, drain_s: float, finished: bool
) -> None:
    echo = Echo()
    echo.hold.clear()
    with ThreadPoolExecutor(1) as pool:
        with served(federation, trust, echo, drain_s) as endpoint:
            opened = line(federation, endpoint)
            made = pool.submit(call, opened)
            wait_for(lambda: echo.arrived, lambda seen: seen == 1, what="the call at the server")
            if finished:
                threading.Timer(2.0, echo.hold.set).start()
        with opened:
            if finished:
                assert made.result() == DESK
            else:
                with pytest.raises(grpc.RpcError) as caught:
                    made.result()
                # Whoever sends in the background tries again after this, and parks what fails otherwise.
                assert isinstance(error_of(caught.value), Unavailable)
                echo.hold.set()
