"""Strangers without a certificate open connections by the thousand while certificates change: nobody is felled."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from federation.transport.tls import channel
from federation.v1 import charter_pb2, charter_pb2_grpc
from federation.values.identity import Installation
from tests.support.echo_process import EchoProcess, echo_process
from tests.support.federation import SmallFederation
from tests.support.storm import Storm

NODE = "police/node/police-1"
DESK = "court/client/desk"
#: How many hostile connections; a million on demand.
HANDSHAKES = int(os.environ.get("HUTONG_TEST_HANDSHAKES", "10000"))
DEADLINE_S = 30.0


@pytest.fixture
def federation(tmp_path: Path) -> SmallFederation:
    return SmallFederation(tmp_path)


@pytest.fixture
def server(federation: SmallFederation) -> Iterator[EchoProcess]:
    with echo_process(federation, federation.party(NODE), max_connection_age_s=10.0) as server:
        yield server


class Changes:
    """What an operator and the agencies change: a server's certificate, an authority, the rest of the charter."""

    def __init__(self, federation: SmallFederation) -> None:
        self._federation = federation
        self._stand = itertools.count()

    def certificate(self) -> None:
        """Renew the server's certificate: first the key, then the certificate, as two files are written."""
        party = self._federation.party(NODE)
        certificate, key = self._federation.issue(NODE)
        party.key.write_bytes(key.read_bytes())
        party.certificate.write_bytes(certificate.read_bytes())

    def authority(self) -> None:
        """Give one agency a new authority in the charter; nobody of that agency calls here."""
        self._federation.replace_authority("state_security")

    def rest(self) -> None:
        """Change something of the charter that concerns no handshake."""
        port = 1 + next(self._stand) % 60_000
        self._federation.set_endpoint("justice/node/justice-1", f"localhost:{port}")

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Change certificate and authority every two seconds, and the rest every 200 ms."""
        stop = threading.Event()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                for turn in itertools.count():
                    if stop.wait(0.2):
                        return
                    self.rest()
                    if turn % 10 == 0:
                        self.certificate()
                        self.authority()
            except BaseException as error:  # shown by the test, not by a thread
                failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        assert failed == []


def line(federation: SmallFederation, server: EchoProcess) -> grpc.Channel:
    """Return a member's own channel to the server."""
    desk = federation.party(DESK)
    return channel(
        server.endpoint,
        server=Installation.parse(NODE),
        charter=federation.charter(),
        certificate=desk.certificate,
        key=desk.key,
    )


def call(to_node: grpc.Channel) -> str:
    stub = charter_pb2_grpc.CharterServiceStub(to_node)
    request = charter_pb2.GetCharterRequest()
    return stub.GetCharter(request, timeout=DEADLINE_S, wait_for_ready=True).digest


@pytest.mark.timeout(60 + HANDSHAKES // 50)
def test_a_storm_of_strangers_fells_no_server_whose_certificates_change(
    federation: SmallFederation, server: EchoProcess
) -> None:
    storm = Storm(server.port, HANDSHAKES)
    with line(federation, server) as before, Changes(federation).going_on():
        assert call(before) == DESK
        storm.blow()
        server.lives()
        assert storm.made == HANDSHAKES
        for _ in range(10):
            assert call(before) == DESK
            with line(federation, server) as fresh:
                assert call(fresh) == DESK
    server.lives()
