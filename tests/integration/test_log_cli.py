"""`hutong node log` against running servers: the state of a log, and its acceptance."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from compose.local.layout import node_installation
from federation.v1 import query_pb2
from tests.support.asking import case
from tests.support.local import LocalFederation, local_federation
from tests.support.records import open_record
from tests.support.waiting import wait_for

NODE = node_installation("procuratorate")


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[LocalFederation]:
    with local_federation(tmp_path / "home") as running:
        yield running


def command(federation: LocalFederation, *arguments: str) -> Result:
    """Run `hutong node log` for the procuratorate's node."""
    home = ["--home", str(federation.layout.home), "--officer", "李检察官", "--node", NODE.name]
    return CliRunner().invoke(main, ["node", "log", arguments[0], *home, *arguments[1:]])


def test_the_command_shows_what_is_lost_and_ends_it(federation: LocalFederation, tmp_path: Path) -> None:
    assert "goes on from everything" in command(federation, "status").output
    done = command(federation, "accept", "--reason", "误操作", "--entered-again", "无")
    assert done.exit_code == 1
    assert "nothing to accept" in done.output

    home = federation.layout.server(NODE)
    federation.down(NODE)
    shutil.copy(home / "store.db", tmp_path / "old.db")
    federation.up(NODE)
    someone, made = open_record("procuratorate")
    federation.enter("procuratorate", made)
    federation.down(NODE)
    for file in home.glob("store.db*"):
        file.unlink()
    shutil.copy(tmp_path / "old.db", home / "store.db")
    federation.up(NODE)

    shown = command(federation, "status").output
    assert "\n  4. Accept: " in shown, "each step is a line of its own"
    assert "It went back" in shown
    assert "hutong node log accept" in shown
    assert json.loads(command(federation, "status", "--json").output)["went_back"]["known_by"] == "head.json"
    federation.enter("procuratorate", made)
    accepted = command(federation, "accept", "--reason", "硬盘损坏", "--entered-again", "全部重新录入")
    assert accepted.exit_code == 0, accepted.output
    assert "answers again" in accepted.output
    wait_for(
        lambda: federation.client("police").ask(case(someone.subject())).answer.completeness,
        lambda found: found == query_pb2.COMPLETENESS_COMPLETE,
        what="a complete answer",
    )
