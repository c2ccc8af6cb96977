"""A server whose own certificate is revoked stops, says so, and does not start again: real processes, real charter."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from certs.cli import certs
from certs.installation_request import make_keys, make_request
from certs.request_files import write_request
from compose.local.layout import GATEWAY, node_installation
from federation.values.identity import Installation
from tests.support.local import LocalFederation
from tests.support.waiting import PATIENCE_S, wait_for

POLICE = node_installation("police")


def run(*words: object) -> dict[str, Any]:
    ran = CliRunner().invoke(certs, [*(str(word) for word in words), "--json"])
    assert ran.exit_code == 0, ran.output
    facts: dict[str, Any] = json.loads(ran.output)
    return facts


def revoke(fed: LocalFederation, server: Installation, certificate: Path) -> dict[str, Any]:
    """Revoke a certificate of the server, as its authority does."""
    layout = fed.layout
    said = ["--authority", server.member, "--authority-key", layout.authority(server.member) / "charter.key"]
    said += ["--published", layout.charter]
    said += ["--publisher-key", layout.authority("interconnect") / "publisher.key"]
    return run("revoke", certificate, *said)


def issue(fed: LocalFederation, server: Installation, out: Path) -> None:
    """Put a new certificate and key in the server's place, as its authority issues them."""
    said = ["--federation", fed.charter().federation, "--ca", fed.layout.authority(server.member)]
    make_keys(out)
    write_request(out / "request.json", make_request(out, server, ""))
    run("issue", "--csr", out / "request.json", *said, "--out", out)
    for name in ("tls.key", "tls.pem"):
        shutil.move(out / name, fed.layout.server(server) / name)


@pytest.mark.parametrize("server", [POLICE, GATEWAY], ids=str)
def test_a_server_whose_certificate_is_revoked_stops_with_one_sentence(
    whole: LocalFederation, tmp_path: Path, server: Installation
) -> None:
    home, process = whole.layout.server(server), psutil.Process(whole.pid(server))
    serial = revoke(whole, server, home / "tls.pem")["revoked"]
    process.wait(PATIENCE_S)
    log = (home / "server.log").read_text("utf-8").splitlines()
    stops = [line for line in log if "is revoked in charter" in line]
    assert len(stops) == 1
    assert serial in stops[0]
    assert "stopped in order" in log[-1]

    kind = "node" if server == POLICE else "gateway"
    command = [sys.executable, "-m", "compose.cli", kind, "run", "--home", str(home)]
    started = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
    assert started.returncode == 1
    assert "cannot serve: the certificate of" in (
        started.stderr.decode() or (home / "server.log").read_text("utf-8")
    )

    issue(whole, server, tmp_path)
    whole.up(server)
    assert whole.pid(server)


def test_a_server_goes_on_with_a_certificate_that_replaced_the_revoked_one(
    whole: LocalFederation, tmp_path: Path
) -> None:
    """The new one lies in its place before the old one is revoked."""
    whole.up(POLICE)
    before, old = whole.pid(POLICE), tmp_path / "old.pem"
    shutil.copy(whole.layout.server(POLICE) / "tls.pem", old)
    issue(whole, POLICE, tmp_path / "new")
    version = revoke(whole, POLICE, old)["charter_version"]
    wait_for(lambda: whole.serves_everywhere(version), what=f"charter {version} in force at every server")
    assert whole.pid(POLICE) == before
