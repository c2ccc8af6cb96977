"""`hutong correct` and `hutong recalls`, as people and programs use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from federation.v1 import registry_pb2
from tests.support import asking
from tests.support.corrections import followed, replied, waits
from tests.support.local import LocalFederation
from tests.support.recalls import ask, change, recalled
from tests.support.records import open_record

Fed = LocalFederation


def run(fed: Fed, *arguments: str) -> Result:
    group, command, *rest = arguments
    at = ["--home", str(fed.layout.home), "--officer", "王警官"]
    return CliRunner().invoke(main, [group, command, *at, *rest])


def read(fed: Fed, *arguments: str) -> Any:
    ran = run(fed, *arguments, "--json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.output)


@pytest.fixture
def disclosed(running_federation: Fed) -> tuple[registry_pb2.Receipt, Any, Any]:
    someone, made = open_record("police")
    receipt = running_federation.enter("police", made)
    return receipt, made, ask(running_federation, "court", asking.case(someone.subject()))


def test_a_request_is_sent_listed_replied_to_and_shown(
    running_federation: Fed, disclosed: Any, tmp_path: Path
) -> None:
    fed, (receipt, _, _) = running_federation, disclosed
    arguments = ("--as", "court", "--node", "police-1", "--record", receipt.record_id, "--field", "served_on")
    options = ("--believed", "2019-06-04", "--reason", "送达回证不同")
    bad = run(fed, "correct", "request", *arguments, *options)
    assert bad.exit_code == 1
    assert "version" in bad.output
    sent = read(fed, "correct", "request", *arguments, "--version", "1", *options)
    digest = sent["notice"]
    waits(fed.client("police"), "police-1", bytes.fromhex(digest))
    listed = run(fed, "correct", "list", "--node", "police-1")
    assert digest[:12] in listed.output, listed.output
    early = run(fed, "correct", "reply", "--node", "police-1", digest[:12], "accept", "--reason", "已核对")
    assert "has not changed since" in early.output
    shown = read(fed, "node", "show", "--node", "police-1", receipt.record_id)
    shown["record"]["served_on"] = "2019-06-04"
    file = tmp_path / "mended.json"
    file.write_text(json.dumps(shown, ensure_ascii=False), "utf-8")
    at = ("--node", "police-1", receipt.record_id)
    mended = read(fed, "correct", "amend", *at, str(file), "--version", "1", "--reason", "核对送达回证")
    assert mended["version"] == 2
    stale = run(fed, "correct", "withdraw", *at, "--version", "1", "--reason", "误录")
    assert "look again" in stale.output
    reply = read(
        fed, "correct", "reply", "--node", "police-1", digest[:12], "accept", "--reason", "已核对更正"
    )
    assert (reply["stage"], reply["version"]) == ("registered", 2)
    followed(fed.client("court"), bytes.fromhex(digest), replied)
    (mine,) = [a for a in read(fed, "correct", "list", "--as", "court") if a["request"] == digest]
    assert (mine["state"], mine["version"], mine["why"]) == ("corrected", 2, "已核对更正")
    shown = run(fed, "correct", "show", "--as", "court", digest[:16])
    assert "registered" in shown.output
    assert run(fed, "correct", "show", "--as", "court", "0" * 16).exit_code == 1


def test_recalls_are_listed_acknowledged_and_followed(running_federation: Fed, disclosed: Any) -> None:
    fed, (receipt, made, answered) = running_federation, disclosed
    record_id = receipt.record_id
    (disclosure,) = read(fed, "recalls", "told", "--node", "police-1", record_id)
    assert (disclosure["installation"], disclosure["recalled"]) == ("court/client/window-1", False)
    change(fed, "corrected", receipt, made, "police")
    (recall,) = recalled(fed, "court", answered)
    table = run(fed, "recalls", "list", "--as", "court")
    assert recall.recall_id[:12] in table.output, table.output
    assert "请销毁其全部副本" in table.output
    assert "OPTION" in run(fed, "recalls", "acknowledge", "--as", "court").output
    (done,) = read(fed, "recalls", "acknowledge", "--as", "court", recall.recall_id[:12], "--note", "已销毁")
    assert done["acknowledged_at"]
    tracks = read(fed, "recalls", "overdue", "--as", "police", "--all")
    (track,) = [t for t in tracks if t["recall_id"] == recall.recall_id]
    assert (track["record_id"], track["member"]) == (record_id, "court")
    assert recall.recall_id not in str(read(fed, "recalls", "overdue", "--as", "police"))
    figures = {r["member"]: r for r in read(fed, "report", "intake")["recalls"]}
    assert figures["court"]["acknowledged"] >= 1
    gone = run(
        fed, "correct", "withdraw", "--node", "police-1", record_id, "--version", "2", "--reason", "误录"
    )
    assert "is withdrawn, as version 3" in gone.output
