"""The committed stubs are what the contract generates, and every rpc says who may call it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from google.protobuf import descriptor_pool

import federation.v1
from federation.transport import access
from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


def services() -> set[str]:
    """Return "/package.Service/Rpc" of every rpc of the contract, served or not."""
    found = set()
    for path in sorted((ROOT / "proto" / "federation" / "v1").glob("*.proto")):
        __import__(f"{federation.v1.__name__}.{path.stem}_pb2")
        file = descriptor_pool.Default().FindFileByName(f"federation/v1/{path.name}")
        for service in file.services_by_name.values():
            found |= {f"/{service.full_name}/{method.name}" for method in service.methods}
    return found


def test_the_stubs_are_fresh() -> None:
    command = [sys.executable, str(ROOT / "proto" / "generate.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert checked.returncode == 0, checked.stderr


def test_every_rpc_is_in_a_table_and_every_line_of_a_table_is_an_rpc() -> None:
    listed = {method for method in (*access.NODE, *access.GATEWAY) if method.startswith("/federation.")}
    assert services() == listed
