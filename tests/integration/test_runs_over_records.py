"""Runs over all records on running servers: nothing moves before two officers approve, and it can be taken back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

import node.app
from certs import charter_files
from compose.cli import main
from compose.local.layout import NODES, node_installation
from federation.client import Client
from federation.errors import NotFound, PermissionDenied, Unavailable
from federation.statements.reasons import STORE_TAMPERED
from federation.v1 import record_pb2 as pb
from federation.v1 import sealing_pb2
from server.settings import NodeSettings
from tests.support.federation import PROFILES, SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.local import LocalFederation
from tests.support.records import open_record
from tests.support.waiting import wait_for
from tests.unit.node.sealing.test_resealing import spanning

OLD, NEW = PROFILES
NODE = "police-1"


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[InsideFederation]:
    with inside_federation(SmallFederation(tmp_path, profiles=(OLD,))) as made:
        made.start_node("police")
        yield made


def stands(client: Client) -> tuple[int, int, int]:
    """Return how many records are open, sealed and undecided."""
    standing = client.seals.runs(NODE).standing
    assert standing.records == standing.open + standing.sealed + standing.undecided
    return standing.open, standing.sealed, standing.undecided


def await_state(client: Client, state: sealing_pb2.ResealState.ValueType) -> sealing_pb2.ResealRun:
    return wait_for(
        lambda: client.seals.runs(NODE).runs[0],
        lambda run: run.rules.startswith(NEW.name) and run.state == state,
        what=f"a run under {NEW.name} in state {state}",
    )


@contextmanager
def serving(inside: InsideFederation, settings: NodeSettings) -> Iterator[Client]:
    """Run the police's node for a while, with an officer of its."""
    with node.app.running(settings, now=inside.federation.clock) as port:
        inside.federation.set_endpoint(settings.installation, f"localhost:{port}")
        yield inside.client("police", "王警官")


def test_a14_an_older_state_of_a_run_is_not_taken_from_the_database(tmp_path: Path) -> None:
    """Whoever writes the file could else have a run move again that two officers have had reversed."""
    with inside_federation(SmallFederation(tmp_path, profiles=(OLD,))) as inside:
        settings = inside.node_settings("police")
        database = settings.home / "store.db"
        with serving(inside, settings) as first:
            second = inside.client("police", "李警官")
            for _ in range(3):
                first.register.enter(NODE, spanning(pb.MAIN_ACTS_YES))
            inside.federation.amend_policy(lambda text: charter_files.with_profile(text, NEW))
            run = await_state(first, sealing_pb2.RESEAL_STATE_AWAITS_APPROVAL)
            for client in (first, second):
                client.seals.approve(NODE, run.found, reason="已核对清单")
            await_state(first, sealing_pb2.RESEAL_STATE_FINISHED)
            with closing(sqlite3.connect(database)) as store:
                kept = store.execute("SELECT body FROM sealing_run WHERE id = ?", (run.id,)).fetchone()
            for client in (first, second):
                client.seals.reverse(NODE, run.id, reason="规则有误")
            await_state(first, sealing_pb2.RESEAL_STATE_REVERSED)
        with closing(sqlite3.connect(database)) as store, store:
            store.execute("UPDATE sealing_run SET body = ? WHERE id = ?", (*kept, run.id))
        with serving(inside, settings) as first:
            with pytest.raises(Unavailable) as refused:
                list(first.seals.reseal(NODE))
            assert refused.value.reason == STORE_TAMPERED


def test_a14_another_profile_moves_old_records_when_two_officers_have_approved(
    inside: InsideFederation,
) -> None:
    first, second = inside.client("police", "王警官"), inside.client("police", "李警官")
    for made in (*(spanning(pb.MAIN_ACTS_YES) for _ in range(3)), spanning(pb.MAIN_ACTS_NO)):
        first.register.enter(NODE, made)
    first.register.enter(NODE, open_record("police")[1])
    assert stands(first) == (1, 0, 4)

    inside.amend_policy(lambda text: charter_files.with_profile(text, NEW))
    run = await_state(first, sealing_pb2.RESEAL_STATE_AWAITS_APPROVAL)
    assert stands(first) == (1, 0, 4), "nothing moves by itself, neither open nor sealed"
    assert run.dry_run.judged == sum(m.records for m in run.dry_run.moves) == 5
    pages = list(first.seals.reseal(NODE))
    assert [page.dry_run for page in pages] == [True]
    assert stands(first) == (1, 0, 4), "one officer moves nothing by hand"

    first.seals.approve(NODE, run.found, reason="已核对清单")
    with pytest.raises(PermissionDenied, match="second officer"):
        first.seals.approve(NODE, run.found, reason="再核对")
    second.seals.approve(NODE, run.found, reason="已核对清单")
    run = await_state(first, sealing_pb2.RESEAL_STATE_FINISHED)
    assert stands(first) == (2, 3, 0)

    with pytest.raises(NotFound):
        first.seals.reverse(NODE, "0" * 16, reason="规则有误")
    for client in (first, second):
        client.seals.reverse(NODE, run.id, reason="规则有误")
    run = await_state(first, sealing_pb2.RESEAL_STATE_REVERSED)
    assert (run.restored, run.left) == (4, 0)
    assert stands(first) == (1, 0, 4)


def test_a14_the_records_of_all_nodes_add_up(running_federation: LocalFederation) -> None:
    home = ["--home", str(running_federation.layout.home)]
    run = CliRunner().invoke
    report = run(main, ["report", "runs", *home, "--json"])
    assert report.exit_code == 0, report.output
    found = json.loads(report.stdout)
    assert {row["node"] for row in found["nodes"]} == set(NODES.values())
    for name, total in found["total"].items():
        assert total == sum(row[name] for row in found["nodes"])
    total = found["total"]
    assert total["records"] == total["open"] + total["sealed"] + total["undecided"]
    assert not found["missing"]
    police = node_installation("police")
    running_federation.down(police)
    try:
        shown = run(main, ["report", "runs", *home, "--json"])
        assert shown.exit_code == 0, shown.output
        left = json.loads(shown.stdout)
        assert left["missing"] == [NODE], "who cannot be reached is named, and in no sum"
        [mine] = [row for row in found["nodes"] if row["node"] == NODE]
        assert left["total"]["records"] == total["records"] - mine["records"]
        assert "cannot be reached" in run(main, ["report", "runs", *home]).output
    finally:
        running_federation.up(police)


def test_a14_the_command_shows_runs_and_takes_nothing_that_nobody_found(
    running_federation: LocalFederation,
) -> None:
    home = str(running_federation.layout.home)
    common = ["node", "reseal", "--home", home, "--node", NODE, "--officer", "王警官"]
    run = CliRunner().invoke
    status = run(main, [*common, "--status", "--json"])
    assert status.exit_code == 0, status.output
    document = json.loads(status.stdout)
    assert document["records"] == document["open"] + document["sealed"] + document["undecided"]
    assert "records" in run(main, [*common, "--status"]).output
    dry = run(main, [*common, "--dry-run"])
    assert "nothing is moved" in " ".join(dry.output.split()), (
        "a title goes over lines where the table is narrow"
    )
    refused = run(main, [*common, "--approve", "0" * 16, "--reason", "核对"])
    assert refused.exit_code == 1
    assert "look again" in refused.output
    for wrong in (["--approve", "0" * 16], ["--status", "--dry-run"]):
        assert run(main, [*common, *wrong]).exit_code == 2
