"""`hutong status` in a window's folder asks every server of the federation, and waits for none that hangs."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.local.founding import free_ports
from tests.support.founded_servers import running
from tests.support.founding import NODES, SERVERS, Founding, founded, prepared
from tests.support.waiting import wait_for

MAINTENANCE = """format = 1
[[states]]
installation = "police/node/police-1"
state = "maintenance"
"""
SUSPENDED = """format = 1
[[states]]
installation = "justice/node/justice-1"
state = "suspended"
"""
RUNS, HANGS, STOPPED, SUSPENDS = (
    NODES[agency] for agency in ("police", "procuratorate", "state_security", "justice")
)


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founding]:
    """A federation founded by commands: a node runs, another one hangs, one is suspended, the others are stopped."""
    place = tmp_path_factory.mktemp("status")
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack:
        for name in os.environ:
            if name.startswith("HUTONG_"):
                environment.delenv(name)
        environment.setenv("XDG_STATE_HOME", str(place / "state"))
        environment.setenv("HUTONG_NODE_CHARTER_EVERY_S", "0.5")
        hangs = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        ports = [f"localhost:{port}" for port in free_ports(len(SERVERS))]
        endpoints = dict(zip(SERVERS.values(), ports, strict=True))
        endpoints[HANGS] = f"localhost:{hangs.getsockname()[1]}"
        made = founded(prepared(place / "f", endpoints))
        draft = made.draft(made.plan("suspend.toml", SUSPENDED))
        made.publish(draft, made.sign(draft, "justice", "charter.key"))
        stack.enter_context(running(made, RUNS))
        yield made


def asked(agencies: Founding, *more: str) -> tuple[int, str]:
    """Return exit code and output of `hutong status` at the window; the servers have three seconds to answer."""
    said = ["status", "--home", str(agencies.home("police/client/window-1")), "--wait", "3", *more]
    ran = CliRunner().invoke(main, said)
    return ran.exit_code, ran.output


def rows(agencies: Founding) -> dict[str, dict[str, Any]]:
    code, output = asked(agencies, "--json")
    assert code == 1, output
    return {row["installation"]: row for row in json.loads(output)["servers"]}


def test_each_server_is_named_with_its_state_and_whether_it_serves_or_why_not(agencies: Founding) -> None:
    found = wait_for(
        lambda: rows(agencies), lambda each: each[RUNS]["charter_version"] == 2, what="charter 2"
    )
    assert set(found) == set(SERVERS.values())
    assert {name: row["endpoint"] for name, row in found.items()} == agencies.endpoints
    assert (found[RUNS]["serving"], found[RUNS]["reason"], found[RUNS]["state"]) == (True, "", "active")
    assert [(row["serving"], row["charter_version"]) for name, row in found.items() if name != RUNS] == [
        (False, 0)
    ] * 4
    reasons = {name: found[name]["reason"] for name in (HANGS, STOPPED, SUSPENDS)}
    assert reasons == {HANGS: "DEADLINE_EXCEEDED", STOPPED: "UNREACHABLE", SUSPENDS: "NOT_CALLED"}
    assert found[SUSPENDS]["state"] == "suspended"


def test_it_says_in_how_many_days_something_is_to_be_renewed(agencies: Founding) -> None:
    found = rows(agencies)[RUNS]
    assert found["due_in_days"] in (89, 90), "the agency's part of the charter holds for 180 days"
    assert found["due"].startswith("police ends at ")
    assert found["ends"] in found["due"]


def test_people_read_it_in_their_language(agencies: Founding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, english = asked(agencies, "--lang", "en")
    assert code == 1
    assert "serving" in english
    assert "not called" in english
    assert "[UNREACHABLE]" in english
    _, chinese = asked(agencies, "--lang", "zh")
    assert "正常服务" in chinese
    assert "未连接" in chinese
    assert "该机关所签章程部分：" in chinese


def test_a_server_that_need_not_serve_is_no_failure(agencies: Founding) -> None:
    """With what fails in maintenance or suspended the code is 0, with one that is active 1."""
    for agency, name in {**SERVERS}.items():
        if name in (RUNS, SUSPENDS):
            continue
        says = MAINTENANCE.replace("police/node/police-1", name)
        draft = agencies.draft(agencies.plan(f"{agency}.toml", says))
        agencies.publish(draft, agencies.sign(draft, agency, "charter.key"))
    code, output = asked(agencies, "--json")
    assert code == 0, output
    states = {row["installation"]: row["state"] for row in json.loads(output)["servers"]}
    assert states[STOPPED] == "maintenance"
