"""The port for whoever keeps a server running: off by default, of this machine alone, and silent about a register."""

from __future__ import annotations

import http.client
import http.server
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from compose.local.founding import free_ports
from federation.values import clock
from tests.support.backups import done, refused
from tests.support.federation import SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.records import open_record, sealed_record
from tests.support.waiting import PATIENCE_S, wait_for


class Ahead:
    """The clock of publisher and servers, which a test puts forward."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time as publisher and servers believe it to be."""
        return clock.now() + self.by


@contextmanager
def watched_node(home: Path, ahead: Ahead | None = None) -> Iterator[tuple[InsideFederation, int]]:
    [port] = free_ports(1)
    with inside_federation(SmallFederation(home, clock=ahead or Ahead())) as inside:
        inside.start_node("police", watch_listen=f"127.0.0.1:{port}")
        yield inside, port


def get(port: int, path: str) -> tuple[int, str]:
    """Return status and text."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        line.request("GET", path)
        with line.getresponse() as answered:  # it keeps the socket, also when reading fails
            return answered.status, answered.read().decode()
    finally:
        line.close()


def test_a_server_lives_and_is_ready_and_says_what_ends_when(tmp_path: Path) -> None:
    with watched_node(tmp_path) as (_, port):
        assert get(port, "/live") == (200, "live\n")
        assert get(port, "/ready") == (200, "ready\n")
        status, text = get(port, "/metrics")
        assert status == 200
        figures = {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line[0] != "#"}
        assert figures["hutong_ready"] == 1.0
        assert len(figures) == 4
        assert all(figures.values())
        assert get(port, "/anything")[0] == 404
    with pytest.raises(ConnectionRefusedError):
        get(port, "/live")


def test_connections_that_say_nothing_are_ended_and_bounded(tmp_path: Path) -> None:
    with watched_node(tmp_path) as (_, port):
        idle = [socket.create_connection(("127.0.0.1", port), PATIENCE_S) for _ in range(40)]
        refused_at_once = [line for line in idle[-20:] if line.recv(1) == b""]
        assert len(refused_at_once) == 20
        answer = wait_for(
            lambda: get(port, "/ready"),
            passing=(OSError, http.client.HTTPException),
            what="an answer once the idle connections were ended",
        )
        assert answer == (200, "ready\n")
        for line in idle:
            line.close()


def test_clients_that_send_byte_by_byte_hold_no_place_for_long(tmp_path: Path) -> None:
    ended = threading.Event()

    def drip(line: socket.socket) -> None:
        while not ended.wait(0.3):
            try:
                line.sendall(b"G")
            except OSError:
                return

    with watched_node(tmp_path) as (_, port), ExitStack() as lines:
        dripping = [
            lines.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_S)) for _ in range(16)
        ]
        threads = [threading.Thread(target=drip, args=(line,)) for line in dripping]
        for thread in threads:
            thread.start()
        try:
            answer = wait_for(
                lambda: get(port, "/ready"),
                passing=(OSError, http.client.HTTPException),
                what="an answer while 16 clients go on sending",
            )
        finally:
            ended.set()
            for thread in threads:
                thread.join()
        assert answer == (200, "ready\n")


def test_health_is_a_command_for_service_managers(tmp_path: Path) -> None:
    with watched_node(tmp_path) as (_, port):
        assert done("health", f"127.0.0.1:{port}") == "ready\n"
        assert json.loads(done("health", f"127.0.0.1:{port}", "--json"))["ready"] is True
    assert "nothing answers on" in refused("health", f"127.0.0.1:{port}")
    assert "write" in refused("health", "nonsense")


class _Anything(http.server.BaseHTTPRequestHandler):
    """A program that has the port and answers everything with 200, as many do."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>It works!</html>")


def test_another_program_that_answers_on_the_port_is_not_ready() -> None:
    """Any 200 counted as ready."""
    with http.server.HTTPServer(("127.0.0.1", 0), _Anything) as other:
        serving = threading.Thread(target=other.serve_forever, daemon=True)
        serving.start()
        try:
            assert "no server of Hutong" in refused("health", f"127.0.0.1:{other.server_port}")
        finally:
            other.shutdown()
            serving.join()


def test_with_an_expired_charter_a_server_lives_and_is_not_ready(tmp_path: Path) -> None:
    ahead = Ahead()
    with watched_node(tmp_path, ahead) as (_, port):
        ahead.by = timedelta(days=2)
        _, says = wait_for(
            lambda: get(port, "/ready"), lambda found: found[0] == 503, what="a server that is not ready"
        )
        assert says.startswith("CHARTER_")
        assert get(port, "/live")[0] == 200
        assert "hutong_ready 0.0" in get(port, "/metrics")[1]


def test_r41_an_open_record_and_a_sealed_one_leave_the_same_figures(tmp_path: Path) -> None:
    seen = []
    for make in (open_record, sealed_record):
        with watched_node(tmp_path / make.__name__) as (inside, port):
            before = masked(get(port, "/metrics")[1])
            inside.client("police").register.enter("police-1", make("police")[1])
            seen += [before, masked(get(port, "/metrics")[1])]
    assert len(set(seen)) == 1


def masked(text: str) -> str:
    """Return the figures without moments, which differ from one second to the next whatever happens."""
    return re.sub(r"(_timestamp_seconds) [\d.e+]+", r"\1 T", text)
