"""What a run moved is counted: who changes it in the database leaves nothing open that a reversal closes (A14)."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from certs import charter_files
from compose.cli import main
from federation.client import Client
from federation.errors import Unavailable
from federation.statements.reasons import STORE_TAMPERED
from federation.v1 import record_pb2 as pb
from federation.v1 import sealing_pb2
from node.store.counted import LATER
from tests.faults.test_seals_tampered import as_counted_before
from tests.integration.test_runs_over_records import NEW, NODE, OLD, await_state, serving
from tests.support.federation import SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.unit.node.sealing.test_resealing import spanning

CHANGES = {
    "forgets one": "DELETE FROM sealing_run_move WHERE record_id = :its",
    "says that it was open before": "UPDATE sealing_run_move SET before = 'OPEN' WHERE record_id = :its",
    "says that it became another": "UPDATE sealing_run_move SET after = 'WITHHELD' WHERE record_id = :its",
    "gives it to another run": "UPDATE sealing_run_move SET run = '0000000000000000' WHERE record_id = :its",
    "has it moved in another version": "UPDATE sealing_run_move SET version = 9 WHERE record_id = :its",
    "adds one": "INSERT INTO sealing_run_move SELECT 'ffffffffffffffff', record_id, version, before, after "
    "FROM sealing_run_move WHERE record_id = :its",
}


def finished(inside: InsideFederation, first: Client) -> sealing_pb2.ResealRun:
    """Have a run seal three records and open another, which two officers have approved."""
    for acts in (*[pb.MAIN_ACTS_YES] * 3, pb.MAIN_ACTS_NO):
        first.register.enter(NODE, spanning(acts))
    inside.federation.amend_policy(lambda text: charter_files.with_profile(text, NEW))
    run = await_state(first, sealing_pb2.RESEAL_STATE_AWAITS_APPROVAL)
    for client in (first, inside.client("police", "李警官")):
        client.seals.approve(NODE, run.found, reason="已核对清单")
    return await_state(first, sealing_pb2.RESEAL_STATE_FINISHED)


def differences(home: Path) -> list[str]:
    checked = CliRunner().invoke(main, ["node", "check", "--home", str(home), "--json"])
    return list(json.loads(checked.stdout)["differences"])


def test_a14_what_a_run_moved_is_found_where_somebody_changed_it_in_the_database(tmp_path: Path) -> None:
    with inside_federation(SmallFederation(tmp_path, profiles=(OLD,))) as inside:
        settings = inside.node_settings("police")
        database, whole = settings.home / "store.db", tmp_path / "whole.db"
        with serving(inside, settings) as first:
            finished(inside, first)
        # As a program had it that did not count these rows: the next start does, once.
        assert as_counted_before(settings.home, LATER.index("sealing_run_move")) == 4
        with serving(inside, settings):
            pass
        assert differences(settings.home) == []
        shutil.copyfile(database, whole)
        with closing(sqlite3.connect(database)) as store:
            [its] = store.execute("SELECT record_id FROM sealing_run_move WHERE after = 'OPEN'").fetchone()
        for done, statement in CHANGES.items():
            shutil.copyfile(whole, database)
            with closing(sqlite3.connect(database)) as store, store:
                assert store.execute(statement, {"its": its}).rowcount == 1, done
            found = differences(settings.home)
            assert found, done
            assert all(each.startswith("sealing_run_move, bucket ") for each in found), (done, found)
        with serving(inside, settings) as first:
            with pytest.raises(Unavailable) as refused:
                list(first.seals.reseal(NODE))
            assert refused.value.reason == STORE_TAMPERED


def test_a14_a_reversal_leaves_no_difference(tmp_path: Path) -> None:
    with inside_federation(SmallFederation(tmp_path, profiles=(OLD,))) as inside:
        settings = inside.node_settings("police")
        with serving(inside, settings) as first:
            run = finished(inside, first)
            for client in (first, inside.client("police", "李警官")):
                client.seals.reverse(NODE, run.id, reason="规则有误")
            await_state(first, sealing_pb2.RESEAL_STATE_REVERSED)
        assert differences(settings.home) == []
