"""A home of an earlier program starts, answers, is counted once, and has its keys bound while it serves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

import node.app
from compose.cli import main
from federation.client import Client
from federation.errors import BadEnvelope, Unavailable
from federation.v1 import query_pb2 as pb
from federation.v1 import registry_pb2
from node.store.counted import KEYED
from node.store.keys import NodeKeys
from node.store.rows import WITHDRAWN, Sealer
from node.store.vault import WRAPPED_BYTES
from server.settings import NodeSettings
from tests.support import asking
from tests.support.federation import SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.records import Someone, open_record, sealed_record
from tests.support.waiting import wait_for

_TALLY = ("tally_head", "tally_amount", "tally_change")
_STATUSES = ("'OPEN'", "status", f"'{WITHDRAWN}'")


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[InsideFederation]:
    with inside_federation(SmallFederation(tmp_path, agencies=("police",))) as running:
        yield running


@contextmanager
def serving(inside: InsideFederation, settings: NodeSettings) -> Iterator[Client]:
    """Run the node, and yield a client of its agency."""
    with node.app.running(settings, now=inside.federation.clock) as port:
        inside.federation.set_endpoint(settings.installation, f"localhost:{port}")
        client = inside.client("police")
        wait_for(
            lambda: client.seals.withheld("police-1") is not None,
            what="the charter at the node",
            passing=(BadEnvelope, Unavailable),
        )
        yield client


def as_before(home: Path) -> int:
    """Make of a store one of the program before: unbound keys, no tally, no former keys; return how many keys."""
    sealer, changed = Sealer(keys=NodeKeys.load(home / "keys")), 0
    with closing(sqlite3.connect(home / "store.db")) as store, store:
        for table, vault, status in zip(KEYED, sealer.vaults, _STATUSES, strict=True):
            rows = store.execute(f"SELECT record_id, version, wrapped_key, {status} FROM {table}").fetchall()
            for record_id, version, wrapped, of in rows:
                key = vault.unwrap_bound(wrapped, record_id, version, of)
                again = (vault.wrap(key, record_id), record_id)
                store.execute(f"UPDATE {table} SET wrapped_key = ? WHERE record_id = ?", again)
                changed += 1
        for table in (*_TALLY, "former_key"):
            store.execute(f"DROP TABLE {table}")
        store.execute("DROP INDEX sealing_spread_judgment")
        store.execute("ALTER TABLE sealing_spread DROP COLUMN judgment")
        for table in ("sealing_run", "sealing_run_move", "runs_schema_version"):
            store.execute(f"DROP TABLE {table}")
        store.execute(
            "CREATE TABLE resealing (profile VARCHAR(64) PRIMARY KEY, after BLOB, report BLOB, finished_at VARCHAR(27))"
        )
        store.execute("INSERT INTO resealing VALUES ('practice-2022+S2+S3+facts-2', x'', x'', '2026-11-01')")
        store.execute("UPDATE journal_schema_version SET version_num = '0003'")
        store.execute("UPDATE register_schema_version SET version_num = '0007'")
    (home / "keys" / "register-counted").unlink()
    return changed


def unbound(home: Path) -> int:
    with closing(sqlite3.connect(home / "store.db")) as store:
        counts = (
            store.execute(f"SELECT count(*) FROM {table} WHERE length(wrapped_key) = {WRAPPED_BYTES}")
            for table in KEYED
        )
        return sum(row.fetchone()[0] for row in counts)


def check(home: Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["node", "check", "--home", str(home)])
    return done.exit_code, done.output


def test_a_home_of_before_serves_and_has_its_keys_bound_meanwhile(inside: InsideFederation) -> None:
    settings = inside.node_settings("police")
    someone, made = open_record("police")
    minor, of_minor = sealed_record("police")
    with serving(inside, settings) as police:
        open_id = police.register.enter("police-1", made).record_id
        police.register.enter("police-1", of_minor)
        gone = police.register.enter("police-1", open_record("police")[1])
        withdrawal = registry_pb2.Withdrawal(record_id=gone.record_id, expected_version=1, reason="误录")
        police.register.withdraw("police-1", withdrawal)
    assert as_before(settings.home) == unbound(settings.home) == 3
    code, said = check(settings.home)
    assert code == 1
    assert "start it once" in said
    with serving(inside, settings) as police:
        inside.start_gateway()
        wait_for(lambda: unbound(settings.home), lambda left: left == 0, what="bound keys")
        assert check(settings.home)[0] == 0
        court = inside.client("court")
        answer = court.ask(asking.case(someone.subject())).answer
        assert (answer.completeness, answer.finding) == (pb.COMPLETENESS_COMPLETE, pb.FINDING_RECORD)
        amendment = registry_pb2.Amendment(record_id=open_id, expected_version=1, record=made, reason="更正")
        amendment.record.served_on = "2019-06-04"
        assert police.register.amend("police-1", amendment).version == 2
        assert [event.version for event in police.register.history("police-1", open_id)] == [1, 2]
        sealed = court.ask(asking.case(minor.subject())).answer
        assert sealed.finding == pb.FINDING_NO_RECORD
        nobody = court.ask(asking.case(Someone().subject())).answer
        assert nobody.completeness == pb.COMPLETENESS_COMPLETE
    assert check(settings.home)[0] == 0


def test_a_restored_backup_of_before_is_counted_anew(inside: InsideFederation, tmp_path: Path) -> None:
    settings = inside.node_settings("police")
    with serving(inside, settings) as police:
        police.register.enter("police-1", open_record("police")[1])
    as_before(settings.home)
    backup, home = tmp_path / "backup", settings.home
    run = CliRunner().invoke
    assert run(main, ["node", "backup", "--home", str(home), str(backup)]).exit_code == 0
    with serving(inside, settings):
        assert (home / "keys" / "register-counted").exists()
    restored = run(main, ["node", "restore", "--home", str(home), str(backup)])
    assert restored.exit_code == 0, restored.output
    assert not (home / "keys" / "register-counted").exists()
    with serving(inside, settings):
        assert check(home)[0] == 0
