"""What the port for health checks says of a server, by what the server knows of itself."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.local.founding import free_ports
from federation.transport.materials import MaterialsSource
from federation.values.clock import now
from server.journal.journal import open_journal
from server.watching import Watch, watched
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.waiting import PATIENCE_S

EXPIRES = "hutong_certificate_expires_timestamp_seconds"
FIGURE = "hutong_checkpoint_looked_timestamp_seconds"


class Uncovered:
    """The seconds since the log was last covered, which a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def uncovered() -> Uncovered:
    return Uncovered()


@pytest.fixture
def federation(tmp_path: Path) -> SmallFederation:
    return SmallFederation(tmp_path / "federation", agencies=["police"])


@pytest.fixture
def watch(tmp_path: Path, federation: SmallFederation, uncovered: Uncovered) -> Iterator[Watch]:
    party = federation.party(GATEWAY)
    shutil.copy(party.certificate, tmp_path / "tls.pem")
    with (
        federation.trust() as trust,
        open_journal(
            tmp_path / "store.db",
            body_key=os.urandom(32),
            charter=trust.current(),
            signer=party.signer,
            now=now,
        ) as journal,
    ):
        yield Watch(trust, journal, MaterialsSource(tmp_path / "tls.pem", party.key, trust), uncovered)


def test_a_server_that_has_written_nothing_for_two_minutes_is_not_ready(
    watch: Watch, uncovered: Uncovered
) -> None:
    uncovered.seconds = 100.0
    assert watch.not_ready() == ""
    uncovered.seconds = 121.0
    assert watch.not_ready().startswith("CANNOT_ACCOUNT: nothing could be written")
    assert dict(watch.figures())["hutong_ready"] == 0.0


def test_r41_the_moment_of_a_look_does_not_show(watch: Watch, uncovered: Uncovered) -> None:
    seen: list[float] = []
    while len(set(seen)) != 1:  # again when the minute has changed meanwhile
        seen = []
        for uncovered.seconds in (0.0, 0.013, 4.9, 5.02, 29.0):
            seen.append(dict(watch.figures())[FIGURE])
    assert seen[0] % 60 == 0


def test_the_figure_stays_behind_when_checkpoints_stop(watch: Watch, uncovered: Uncovered) -> None:
    uncovered.seconds = 600.0
    assert time.time() - dict(watch.figures())[FIGURE] >= 600.0


def test_a_certificate_that_the_server_cannot_use_gives_no_figure(
    watch: Watch, federation: SmallFederation, tmp_path: Path
) -> None:
    assert EXPIRES in dict(watch.figures())
    shutil.copy(federation.party("police/node/police-1").certificate, tmp_path / "tls.pem")
    assert EXPIRES not in dict(watch.figures()), (
        "it is of another key, and the server goes on with what it had"
    )


def test_connections_for_which_there_is_no_thread_hold_no_place(watch: Watch) -> None:
    [port] = free_ports(1)
    with watched(f"127.0.0.1:{port}", watch):
        usual = threading.stack_size(1 << 50)  # more than the machine has: no thread can be started
        try:
            for _ in range(40):
                with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as line:
                    assert line.recv(1) == b""
        finally:
            threading.stack_size(usual)
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as line:
            line.sendall(b"GET /live HTTP/1.0\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.0 200")


def test_a_start_waits_for_no_name_service(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(socket, "gethostbyaddr", asked.append)
    with watched(f"127.0.0.1:{free_ports(1)[0]}", watch):
        assert asked == []


def test_a_port_that_another_program_has_is_named_with_its_setting(watch: Watch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with (
            pytest.raises(OSError, match=f"{address} for health checks.*`watch_listen`"),
            watched(address, watch),
        ):
            pytest.fail("two programs share a port")
