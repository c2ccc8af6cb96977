"""The units for systemd run commands that exist, are hardened alike, and give a server its time to stop."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from compose.cli import main
from server.settings import NodeSettings

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "compose" / "units"
SERVICES = sorted(UNITS.glob("*.service"))
SERVERS = [path for path in SERVICES if "@" in path.name]
#: What every service has; a line that is taken out of one fails here also where there is no systemd.
HARDENED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateUsers": "yes",
    "ProtectKernelTunables": "yes",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
}


def lines_of(unit: Path) -> list[tuple[str, str]]:
    """Return the settings of a unit in their order; a name may be there several times."""
    found = [line.partition("=") for line in unit.read_text("utf-8").splitlines() if re.match(r"\w+=", line)]
    return [(name, value) for name, _, value in found]


def insist_command(words: list[str]) -> None:
    """Raise unless the words are a command of `hutong` with options that it has."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]}"
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_check_of_commands_finds_what_does_not_exist() -> None:
    insist_command(["node", "run", "--home", "x"])
    with pytest.raises(AssertionError):
        insist_command(["node", "walk"])
    with pytest.raises(AssertionError):
        insist_command(["node", "run", "--folder", "x"])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_a_service_runs_a_command_that_exists_as_a_user_without_rights(unit: Path) -> None:
    settings = dict(lines_of(unit))
    program, *words = shlex.split(settings["ExecStart"])
    assert program == "/opt/hutong/bin/hutong"
    insist_command(words)
    assert settings["User"] not in ("", "root", "0")
    assert {name: settings.get(name) for name in HARDENED} == HARDENED


@pytest.mark.parametrize("unit", SERVERS, ids=lambda path: path.name)
def test_a_server_has_more_time_to_stop_than_its_calls_and_writes_to_its_home_alone(unit: Path) -> None:
    settings = dict(lines_of(unit))
    assert int(settings["TimeoutStopSec"]) > NodeSettings.model_fields["drain_s"].default
    assert settings["ExecStart"].endswith(f"/var/lib/{settings['StateDirectory']}")
    assert settings["StateDirectoryMode"] == "0700"
    assert "ReadWritePaths" not in settings


def test_node_and_gateway_are_hardened_alike() -> None:
    node, gateway = (
        [line for line in lines_of(path) if line[0] not in ("Description", "ExecStart")] for path in SERVERS
    )
    assert node == gateway


def test_systemd_finds_no_fault_and_little_exposure(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # a machine without systemd: the tests above still hold
    for unit in UNITS.iterdir():
        text = unit.read_text("utf-8").replace("/opt/hutong/bin/hutong", shutil.which("true") or "/bin/true")
        (tmp_path / unit.name).write_text(text, "utf-8")
    for path in tmp_path.iterdir():
        done = subprocess.run([analyze, "verify", str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), path.name
    for path in tmp_path.glob("*.service"):
        done = subprocess.run(
            [analyze, "security", "--offline=true", "--threshold=20", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-300:] + done.stderr
