"""`hutong up` replaces nothing that it did not make, and leaves nothing half founded or half started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from compose.local import founding, local, processes
from compose.local.layout import Layout, servers
from compose.local.ownership import PARTS
from tests.support.waiting import PATIENCE_S, wait_for

#: Several processes start in a test, one after the other, also on a machine that is busy.
pytestmark = pytest.mark.timeout(900)
#: Runs the command without what a shell does to background jobs, and pytest may have inherited: ignore Ctrl-C and
#: hang-up. The new process does it itself: gRPC's threads may abort a process that is forked and runs code before exec.
AS_FROM_A_TERMINAL = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
runpy.run_module("compose.cli", run_name="__main__", alter_sys=True)
"""
WINDOW = {"federation": "hutong.example", "charter": "/srv/hutong/charter", "members": {}}


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in [name for name in os.environ if name.startswith("HUTONG_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "federation"
    yield path
    for process in running_on(path):
        process.kill()


def hutong(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def running_on(home: Path) -> list[psutil.Process]:
    """Return the server processes of a local federation, those that do not serve yet too."""
    return [
        process
        for process in psutil.process_iter()
        if any(argument.startswith(f"{home}/") for argument in _command(process))
    ]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def interrupt(home: Path, sign: signal.Signals, moment: str) -> None:
    """Run `hutong up`, and send a signal once the file `moment` is there below the home."""
    process = subprocess.Popen(
        [sys.executable, "-c", AS_FROM_A_TERMINAL, "up", "--home", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(
        lambda: (home / moment).exists() or process.poll() is not None,
        what=f"the file {moment}",
        pause_s=0.001,
    )
    assert process.poll() is None, f"it ended before {moment} was there"
    process.send_signal(sign)
    assert process.wait(PATIENCE_S) != 0


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_a_windows_description_is_never_replaced(home: Path, command: str) -> None:
    home.mkdir()
    (home / "federation.json").write_text(json.dumps(WINDOW), "utf-8")
    result = hutong(command, "--home", str(home))
    assert result.exit_code == 1
    assert "window" in result.output
    assert "start one with" not in result.output
    assert json.loads((home / "federation.json").read_text("utf-8")) == WINDOW
    assert [path.name for path in home.iterdir()] == ["federation.json"]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"charter": 1}'])
def test_a_description_that_cannot_be_read_is_not_replaced_either(home: Path, content: str) -> None:
    home.mkdir()
    (home / "federation.json").write_text(content, "utf-8")
    assert hutong("up", "--home", str(home)).exit_code == 1
    assert (home / "federation.json").read_text("utf-8") == content
    assert [path.name for path in home.iterdir()] == ["federation.json"]


def test_a_window_beside_a_mirrored_charter_is_not_taken_for_a_local_federation(home: Path) -> None:
    other = Layout(home.with_name("other"))
    founding.unsafe_found(other)
    home.mkdir()
    other.charter.rename(home / "charter")
    (home / "federation.json").write_text(json.dumps(WINDOW | {"charter": "charter"}), "utf-8")
    for command in ("up", "down", "status"):
        assert "window" in hutong(command, "--home", str(home)).output
    assert not (home / "nodes").exists()


def test_somebody_elses_folders_are_not_founded_into(home: Path) -> None:
    (home / "authorities" / "police").mkdir(parents=True)
    result = hutong("up", "--home", str(home))
    assert result.exit_code == 1
    assert "holds authorities" in result.output
    assert [path.name for path in home.iterdir()] == ["authorities"]


@pytest.mark.parametrize("variable", ["HUTONG_NODE_LISTEN", "HUTONG_GATEWAY_LISTEN"])
@pytest.mark.parametrize("address", ["127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1", ":7401"])
def test_an_address_that_cannot_be_is_refused_before_anything_is_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    monkeypatch.setenv(variable, address)
    result = hutong("up", "--home", str(home))
    assert result.exit_code == 1
    assert variable in result.output
    assert not home.exists()


@pytest.mark.parametrize("kind", ["node", "gateway"])
def test_init_refuses_a_port_that_cannot_be_before_anything_is_written(home: Path, kind: str) -> None:
    member = "police" if kind == "node" else "interconnect"
    arguments = ["--installation", f"{member}/{kind}/x-1", "--charter", str(home / "charter")]
    result = hutong(kind, "init", "--home", str(home), *arguments, "--listen", "0.0.0.0:65536")
    assert result.exit_code == 1
    assert "65535" in result.output
    assert not home.exists()


def test_a_charter_with_a_port_that_cannot_be_starts_nothing(home: Path) -> None:
    layout = Layout(home)
    founding.unsafe_found(layout)
    founding.move(layout, servers()[1], "localhost:70000")
    result = hutong("up", "--home", str(home))
    assert result.exit_code == 1
    assert "port 70000 is above 65535" in result.output
    assert not running_on(home)


def test_interrupted_while_it_founds_it_leaves_nothing_and_begins_anew(home: Path) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        moment = {
            signal.SIGINT: "authorities/police",
            signal.SIGTERM: "members/court",
            signal.SIGHUP: "nodes/procuratorate-1/keys/journal.key",
        }[sign]
        interrupt(home, sign, moment)
        assert not [name for name in PARTS if (home / name).exists()], f"after {sign.name} at {moment}"
        assert not running_on(home)
    interrupt(home, signal.SIGKILL, "nodes/police-1/store.db")
    assert (home / "nodes").exists()
    local.up(home)
    assert all(processes.running(Layout(home), server) for server in servers())
    local.down(home)
    assert not running_on(home)


def test_interrupted_while_it_starts_it_ends_what_it_started(home: Path) -> None:
    layout = Layout(home)
    founding.unsafe_found(layout)
    for moment in ("nodes/police-1/server.log", "gateways/gateway-1/server.log", "nodes/justice-1/run.json"):
        interrupt(home, signal.SIGINT, moment)
        if (home / "federation.json").exists():  # the signal came when everything was up and described
            local.down(home)
            (home / "federation.json").unlink()
        assert not running_on(home), f"after {moment}"
        for server in servers():
            (layout.server(server) / "server.log").unlink(missing_ok=True)
            assert not (layout.server(server) / "run.json").exists()
    interrupt(home, signal.SIGKILL, "nodes/procuratorate-1/server.log")
    described = local.up(home)
    assert all(processes.running(layout, server) for server in servers())
    assert json.loads((home / "federation.json").read_text("utf-8")) == described
    interrupted = local.up(home)
    assert interrupted == described, "what ran already is left alone"
    local.down(home)
    assert not running_on(home)
