"""With a certificate and `buf curl` alone, services are listed and `Ask` asks for an envelope."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from google.rpc import error_details_pb2

from federation.transport import access
from tests.support.local import LocalFederation
from tests.support.waiting import PATIENCE_S

#: Listed, so that a tool which tries it first learns that it is not implemented, and goes on with v1alpha.
NEW_REFLECTION = "grpc.reflection.v1.ServerReflection"
BUF = Path(sys.executable).parent / "buf"


def curl(
    federation: LocalFederation, server: str, path: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """Call a server as docs/walks.md says, with the files that `federation.json` names."""
    described = json.loads(federation.layout.description.read_text("utf-8"))
    to = described["gateway"] if server == "gateway" else described["nodes"][server]
    member = described["members"]["police"]
    identity = ["--cacert", to["ca"], "--cert", member["cert"], "--key", member["key"]]
    command = [str(BUF), "curl", "--protocol", "grpc", *identity, *options, f"https://{to['endpoint']}{path}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("server", "rules"), [("gateway", access.GATEWAY), ("police-1", access.NODE)], ids=["gateway", "node"]
)
def test_a_server_offers_the_services_of_its_table_and_no_others(
    running_federation: LocalFederation, server: str, rules: Mapping[str, access.AccessRule]
) -> None:
    listed = curl(running_federation, server, "", "--list-services")
    assert listed.returncode == 0, listed.stderr
    assert {*listed.stdout.split(), NEW_REFLECTION} == {rpc.split("/")[1] for rpc in rules}


def test_a_member_lists_the_methods_by_reflection(running_federation: LocalFederation) -> None:
    listed = curl(running_federation, "gateway", "", "--list-methods")
    assert listed.returncode == 0, listed.stderr
    assert "federation.v1.QueryService/Ask" in listed.stdout.split()


def test_ask_without_an_envelope_is_refused_with_what_to_do(running_federation: LocalFederation) -> None:
    refused = curl(running_federation, "gateway", "/federation.v1.QueryService/Ask", "--data", "{}")
    assert refused.returncode != 0
    error = json.loads(refused.stderr)
    assert error["code"] == "unauthenticated"
    assert "no envelope" in error["message"]
    assert "signed Statement" in error["message"]
    [detail] = error["details"]
    packed = base64.b64decode(detail["value"] + "==")
    assert error_details_pb2.ErrorInfo.FromString(packed).reason == "MISSING_ENVELOPE"


def test_a_server_is_healthy(running_federation: LocalFederation) -> None:
    for server in ("gateway", "police-1"):
        healthy = curl(running_federation, server, "/grpc.health.v1.Health/Check", "--data", "{}")
        assert json.loads(healthy.stdout) == {"status": "SERVING"}, healthy.stderr


def test_without_a_certificate_nothing_is_listed(running_federation: LocalFederation) -> None:
    described = json.loads(running_federation.layout.description.read_text("utf-8"))
    gateway = described["gateway"]
    address = f"https://{gateway['endpoint']}"
    command = [str(BUF), "curl", "--protocol", "grpc", "--cacert", gateway["ca"], "--list-services", address]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert refused.returncode != 0
    assert "federation.v1" not in refused.stdout
