"""SIGHUP opens the log anew, SIGTERM and SIGINT finish what is under way: real processes, real signals."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from compose.local import processes
from compose.local.layout import GATEWAY, node_installation
from federation.v1 import query_pb2 as pb
from federation.values.identity import Installation
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import Someone
from tests.support.waiting import PATIENCE_S, wait_for

POLICE = node_installation("police")


def log_of(whole: LocalFederation, server: Installation) -> Path:
    return whole.layout.server(server) / "server.log"


@pytest.mark.parametrize("server", [POLICE, GATEWAY], ids=str)
def test_sighup_opens_the_log_anew_and_ends_nothing(whole: LocalFederation, server: Installation) -> None:
    log, moved = log_of(whole, server), log_of(whole, server).with_suffix(".1")
    moved.unlink(missing_ok=True)
    before = whole.pid(server)
    log.rename(moved)
    whole.signal(server, signal.SIGHUP)
    wait_for(
        lambda: log.exists() and log.read_text("utf-8"),
        lambda text: text and "log opened anew" in text,
        what="the new log file",
    )
    assert "log opened anew" not in moved.read_text("utf-8")
    assert whole.pid(server) == before
    assert whole.client("police").ask(asking.case(Someone().subject())).answer.finding == pb.FINDING_NO_RECORD


def test_without_a_log_file_sighup_changes_nothing(whole: LocalFederation, tmp_path: Path) -> None:
    whole.down(POLICE)
    home = whole.layout.server(POLICE)
    command = [sys.executable, "-m", "compose.cli", "node", "run", "--home", str(home)]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, stderr=log) as node:
        wait_for(lambda: processes.running(whole.layout, POLICE), what="the node's process")
        node.send_signal(signal.SIGHUP)
        node.send_signal(signal.SIGTERM)
        assert node.wait(PATIENCE_S) == 0
    assert "stopped in order" in (tmp_path / "log").read_text("utf-8")


@pytest.fixture
def patient(whole: LocalFederation, monkeypatch: pytest.MonkeyPatch) -> LocalFederation:
    """The federation with a gateway that waits long for its nodes."""
    monkeypatch.setenv("HUTONG_GATEWAY_NODE_DEADLINE_S", "7")
    monkeypatch.setenv("HUTONG_GATEWAY_DRAIN_S", "60")
    whole.down(GATEWAY)
    whole.up(GATEWAY)
    return whole


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=lambda sign: sign.name)
def test_a_question_under_way_is_answered_before_the_gateway_stops(
    patient: LocalFederation, sign: signal.Signals
) -> None:
    """A node that is held makes the question last; the signal comes while it waits."""

    def asked() -> int:
        return sum(e["kind"] == "request" for e in patient.gateway_entries())

    before, gateway = asked(), psutil.Process(patient.pid(GATEWAY))
    with ThreadPoolExecutor(1) as pool, patient.fresh_client("police") as client:
        patient.signal(POLICE, signal.SIGSTOP)
        try:
            answered = pool.submit(client.ask, asking.case(Someone().subject()))
            wait_for(asked, lambda seen: seen > before, what="the question at the node")
            gateway.send_signal(sign)
            outcome = {o.node: o.outcome for o in answered.result().answer.outcomes}
        finally:
            patient.signal(POLICE, signal.SIGCONT)
        assert outcome["police-1"] in (pb.OUTCOME_LATE, pb.OUTCOME_UNREACHABLE)
    gateway.wait(PATIENCE_S)
    [*_, stopped] = log_of(patient, GATEWAY).read_text("utf-8").splitlines()
    assert "stopped in order" in stopped
