"""The client in Node.js of docs/examples: what it signs is taken, what it verifies is checked, refusals are read."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.local import LocalFederation
from tests.support.records import Someone, record

ROOT = Path(__file__).parents[2]
CLIENT, PROTO = ROOT / "docs" / "examples" / "client", ROOT / "proto"
INSTALL_S, RUN_S = 240, 120
CASE = "（2026）京0105刑初1号"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the client with its packages, in a folder of its own."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node.js is not installed")
    folder = tmp_path_factory.mktemp("client")
    shutil.copytree(CLIENT, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    words = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        ran = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install the packages within {INSTALL_S} s")
    if ran.returncode:
        pytest.skip(f"npm cannot install the packages: {ran.stderr[-300:]}")
    return folder


def run(client: Path, program: str, *words: object) -> tuple[int, dict[str, Any]]:
    ran = subprocess.run(
        ["node", program, *map(str, words)],
        cwd=client,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )
    found: dict[str, Any] = json.loads(ran.stdout or ran.stderr)
    return ran.returncode, found


def ask(client: Path, home: Path, person: Someone, case: str = CASE) -> tuple[int, dict[str, Any]]:
    return run(client, "ask.mjs", home, PROTO, "procuratorate", "王检察官", case, person.number)


def test_the_client_agrees_with_every_vector(client: Path) -> None:
    code, found = run(client, "vectors.mjs", PROTO)
    assert (code, found["failed"]) == (0, [])
    assert found["compared"] > 20


def test_the_client_finds_a_record_and_verifies_each_nodes_part(
    client: Path, running_federation: LocalFederation
) -> None:
    someone = Someone()
    running_federation.enter("police", record(someone, "police"))
    code, found = ask(client, running_federation.layout.home, someone)
    assert code == 0, found
    assert (found["finding"], found["convictions"]) == ("FINDING_RECORD", 1)
    assert found["nodes"] == ["police-1", "state-security-1", "procuratorate-1", "justice-1"]


def test_the_client_is_told_that_there_is_no_record(
    client: Path, running_federation: LocalFederation
) -> None:
    code, found = ask(client, running_federation.layout.home, Someone())
    assert code == 0, found
    assert (found["finding"], found["completeness"]) == ("FINDING_NO_RECORD", "COMPLETENESS_COMPLETE")


def test_the_client_reads_which_field_is_wrong(client: Path, running_federation: LocalFederation) -> None:
    code, found = ask(client, running_federation.layout.home, Someone(), case="")
    assert code == 1
    assert found["refused"]["reason"] == "INVALID_REQUEST"
    assert [field["field"] for field in found["refused"]["fields"]] == ["case_number"]


def test_the_client_believes_no_file_of_the_charter_that_was_changed(
    client: Path, running_federation: LocalFederation, tmp_path: Path
) -> None:
    home = running_federation.layout.home
    described = json.loads((home / "federation.json").read_text("utf-8"))
    shutil.copytree(home / "charter", tmp_path / "charter")
    described["charter"] = "charter"
    (tmp_path / "federation.json").write_text(json.dumps(described), "utf-8")
    code, found = ask(client, tmp_path, Someone())
    assert code == 0, found
    [changed] = (tmp_path / "charter" / "targets" / "installations").glob("*.interconnect.toml")
    changed.write_text(changed.read_text("utf-8").replace('"interconnects"', '"interconnects" '), "utf-8")
    ran = subprocess.run(
        ["node", "ask.mjs", str(tmp_path), str(PROTO), "procuratorate", "王检察官", CASE, Someone().number],
        cwd=client,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )
    assert ran.returncode == 1
    assert "installations/interconnect.toml was changed" in ran.stderr
