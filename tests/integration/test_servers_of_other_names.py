"""Commands find servers by the charter, whatever they are called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from google.protobuf.json_format import MessageToJson

from compose.cli import main
from federation.client import Client
from federation.client.description import fingerprint
from tests.support.federation import SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.local import OFFICER
from tests.support.records import open_record

NODES = {"police": "harbour-registry", "justice": "hill-registry"}


class Window:
    """A folder with a `federation.json` written by hand, for commands of two agencies."""

    def __init__(self, home: Path, federation: SmallFederation) -> None:
        self.home = home
        members = {
            member: {
                "installation": str(party.installation),
                "cert": str(party.certificate),
                "key": str(party.key),
                "signing_key": str(party.signing_key),
            }
            for member in NODES
            for party in [federation.party(f"{member}/client/desk")]
        }
        settings = {
            "charter": str(federation.published),
            "charter_root": fingerprint(federation.root.read_bytes()),
            "members": members,
        }
        (home / "federation.json").write_text(json.dumps(settings), "utf-8")

    def run(self, *arguments: str) -> Result:
        group, *rest = arguments
        at = ["--home", str(self.home), "--officer", OFFICER]
        commands = [argument for argument in rest[:2] if not argument.startswith("--")]
        return CliRunner().invoke(main, [group, *commands, *at, *rest[len(commands) :]])

    def read(self, *arguments: str) -> Any:
        ran = self.run(*arguments, "--json")
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.output)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("names")
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        federation = SmallFederation(home, agencies=tuple(NODES), node_names=NODES)
        with inside_federation(federation) as inside:
            start(inside)
            (home / "window").mkdir()
            yield Window(home / "window", federation)


def start(inside: InsideFederation) -> None:
    for agency in NODES:
        inside.start_node(agency)
    inside.client("police")


def test_records_are_imported_at_a_node_of_any_name_and_its_log_exported(window: Window) -> None:
    file = window.home / "records.jsonl"
    file.write_text(MessageToJson(open_record("police")[1], indent=None) + "\n", "utf-8")
    assert window.read("node", "import", "--node", "harbour-registry", str(file))["entered"] == 1
    ran = window.run("audit", "export", "--server", "harbour-registry", "-")
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout.splitlines()[0])["installation"] == "police/node/harbour-registry"


@pytest.mark.parametrize(
    "arguments", [("node", "show"), ("node", "history"), ("recalls", "told")], ids=" ".join
)
def test_a_record_is_looked_at_by_the_agency_that_runs_its_node(
    window: Window, arguments: tuple[str, str]
) -> None:
    with Client.open(window.home / "federation.json", "police", officer=OFFICER) as client:
        receipt = client.register.enter("harbour-registry", open_record("police")[1])
    seen = window.run(*arguments, "--node", "harbour-registry", receipt.record_id, "--json")
    assert seen.exit_code == 0, seen.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("node", "withheld"),
        ("node", "expected"),
        ("notify", "waiting"),
        ("correct", "list"),
        ("identity", "merges"),
        ("apply", "list"),
    ],
    ids=" ".join,
)
def test_lists_of_a_node_are_found_by_its_name_in_the_charter(
    window: Window, arguments: tuple[str, ...]
) -> None:
    assert window.read(*arguments, "--node", "hill-registry") == []


def test_a_name_that_the_charter_does_not_have_is_refused_with_those_it_has(window: Window) -> None:
    for arguments in (
        ("node", "withheld", "--node", "police-1"),
        ("audit", "export", "--server", "police-1", "-"),
    ):
        ran = window.run(*arguments)
        assert ran.exit_code == 1
        assert "harbour-registry" in ran.output
        assert "hill-registry" in ran.output
