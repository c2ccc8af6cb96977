"""Seals of others, those proposed to them, and the roll of officers are counted: a change is found (R12, R45)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from federation.client.officer_keys import OfficerEntry
from federation.errors import HutongError, Unavailable
from federation.statements.reasons import STORE_TAMPERED
from federation.v1 import query_pb2
from node.store.counted import COLUMNS, EDITION, LATER, _rows
from node.store.keys import NodeKeys
from server.journal.engine import open_sqlite
from server.journal.log import Log
from server.journal.tally import BUCKETS, row_bytes
from server.journal.tallying import Tally
from tests.support.local import OFFICER
from tests.support.records import Someone, sealed_record
from tests.support.seal_servers import SealServers, await_complete_answer, seal_servers
from tests.support.waiting import wait_for

NODE, NAME = "police/node/police-1", "police-1"
CHANGES = {
    "forgets a seal of another holder": ("sealing_received", "DELETE FROM sealing_received WHERE key = :its"),
    "has it withdrawn": ("sealing_received", "UPDATE sealing_received SET withdrawn = 1 WHERE key = :its"),
    "says that it knows no number": (
        "sealing_received",
        "UPDATE sealing_received SET knows_number = NOT knows_number WHERE key = :its",
    ),
    "gives it to another proposer": (
        "sealing_received",
        "UPDATE sealing_received SET proposer = 'justice/node/justice-1' WHERE key = :its",
    ),
    "moves it under another key": (
        "sealing_received",
        "UPDATE sealing_received SET key = 'zz' || substr(key, 3) WHERE key = :its",
    ),
    "forgets a proposal of its own": ("sealing_proposed", "DELETE FROM sealing_proposed WHERE key = :its"),
    "has it withdrawn too": (
        "sealing_proposed",
        "UPDATE sealing_proposed SET withdrawn = 1, withdrawing = 1 WHERE key = :its",
    ),
    "puts another record under it": (
        "sealing_proposed",
        "UPDATE sealing_proposed SET record_id = zeroblob(16) WHERE key = :its",
    ),
    "gives it content again": (
        "sealing_proposed",
        "UPDATE sealing_proposed SET body = randomblob(64) WHERE key = :its",
    ),
    "adds one": (
        "sealing_received",
        "INSERT INTO sealing_received SELECT 'ffffffffffffffffffffffffffffffff', proposal_id, proposer, rule, "
        "received_at, knows_number, withdrawn FROM sealing_received WHERE key = :its",
    ),
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    with seal_servers(tmp_path_factory.mktemp("seals")) as running:
        yield running


def newest(home: Path, table: str) -> str:
    """Return the key of a row that no earlier case has changed; "" while there is none."""
    query = f"SELECT key FROM {table} WHERE NOT withdrawn AND key NOT LIKE 'zz%' ORDER BY rowid DESC LIMIT 1"
    with closing(sqlite3.connect(home / "store.db")) as store:
        row = store.execute(query).fetchone()
    return str(row[0]) if row else ""


def check(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["node", "check", "--home", str(home), *arguments])


def outcome(servers: SealServers) -> tuple[int, str]:
    """Return what the node says to a question about somebody unknown."""
    [told] = [o for o in servers.ask(Someone().subject()).outcomes if o.node == NAME]
    return told.outcome, told.reason


@pytest.mark.parametrize("done", CHANGES)
def test_r45_a_seal_changed_from_outside_is_found(servers: SealServers, done: str) -> None:
    table, statement = CHANGES[done]
    home, before = servers.home(NODE), newest(servers.home(NODE), table)
    servers.enter("police", sealed_record("police")[1])
    servers.enter("procuratorate", sealed_record("procuratorate")[1])
    its = wait_for(lambda: newest(home, table), lambda key: key not in ("", before), what=f"a row of {table}")
    await_complete_answer(servers)
    servers.stop(NODE)
    assert check(home).exit_code == 0, "nobody has changed anything yet"
    with closing(sqlite3.connect(home / "store.db")) as store, store:
        assert store.execute(statement, {"its": its}).rowcount == 1
    found = json.loads(check(home, "--json").stdout)
    assert found["differences"]
    assert all(each.startswith(f"{table}, bucket ") for each in found["differences"]), found["differences"]

    servers.start(NODE)
    refused = (query_pb2.OUTCOME_REFUSED, STORE_TAMPERED)
    wait_for(lambda: outcome(servers), lambda seen: seen == refused, what="the refusal", passing=HutongError)
    servers.stop(NODE)
    mended = check(home, "--mend", "--officer", "李运维", "--reason", "演练")
    assert mended.exit_code == 0, mended.output
    assert check(home).exit_code == 0
    servers.start(NODE)
    await_complete_answer(servers)


def as_counted_before(home: Path, counted: int) -> int:
    """Make the tally one that counts so many of the later tables; return how many rows the others have."""
    keys, removed = NodeKeys.load(home / "keys"), 0
    log, tally = Log(body_key=keys.journal), Tally(keys.tally)
    engine = open_sqlite(home / "store.db")
    with engine.begin() as connection:
        log.restore(connection)
        tally.load(connection, log.frontier)
        changes = tally.changes()
        for table in LATER[counted:]:
            changes.remove(EDITION, b"", table.encode())
            for key, values, _ in _rows(connection, table, COLUMNS[table], 0, BUCKETS - 1):
                changes.remove(table, key, row_bytes(values))
                removed += 1
        tally.write(connection, changes, log.frontier)
    engine.dispose()
    return removed


def test_r45_a_tally_of_before_counts_the_seals_once_at_the_start(servers: SealServers) -> None:
    home = servers.home(NODE)
    servers.enter("procuratorate", sealed_record("procuratorate")[1])
    wait_for(lambda: newest(home, "sealing_received"), what="a seal of another holder")
    await_complete_answer(servers)
    servers.stop(NODE)
    for counted in (1, 0):
        assert as_counted_before(home, counted)
        refused = check(home)
        assert refused.exit_code == 1
        assert "start it once" in refused.output
        servers.start(NODE)
        servers.stop(NODE)
        assert check(home).exit_code == 0
    servers.start(NODE)
    await_complete_answer(servers)
    servers.enter("procuratorate", sealed_record("procuratorate")[1])
    await_complete_answer(servers)
    servers.stop(NODE)
    assert check(home).exit_code == 0
    servers.start(NODE)
    servers.stop(NODE)
    assert check(home).exit_code == 0, "it is counted once"
    servers.start(NODE)


ROLL = {
    "forgets who is registered": "DELETE FROM officer",
    "lets one who was removed act again": "UPDATE officer SET (removed, body) = "
    "(SELECT e.removed, e.body FROM earlier.officer e WHERE e.id = officer.id) WHERE id = 'j2'",
    "says that one is not removed": "UPDATE officer SET removed = 0 WHERE id = 'j2'",
    "gives one the id of another": "UPDATE officer SET id = 'j9' WHERE id = 'j1'",
}


def test_r12_a_roll_changed_from_outside_is_found(servers: SealServers, tmp_path: Path) -> None:
    """Without its rows, any name would do as before the first registration."""
    node, home, earlier = (
        "justice/node/justice-1",
        servers.home("justice/node/justice-1"),
        tmp_path / "earlier",
    )
    client = servers.client("justice")
    roll = client.officers("justice-1")
    roll.register("j1", OFFICER, reason="登记")
    client.connection._officer = OfficerEntry(OFFICER, "j1")
    roll.register("j2", "李司法员", reason="登记")
    servers.stop(node)
    servers.copy_store(node, earlier)
    servers.start(node)
    roll.remove("j2", reason="调离")
    servers.stop(node)
    servers.copy_store(node, tmp_path / "whole")
    assert check(home).exit_code == 0
    for done, statement in ROLL.items():
        servers.restore_store(node, tmp_path / "whole")
        with closing(sqlite3.connect(home / "store.db", isolation_level=None)) as store:
            store.execute("ATTACH ? AS earlier", (str(earlier / "store.db"),))
            assert store.execute(statement).rowcount, done
        found = json.loads(check(home, "--json").stdout)
        assert found["differences"], done
        assert all(each.startswith("officer, bucket ") for each in found["differences"]), done
    servers.start(node)
    wait_for(
        lambda: [o.reason for o in servers.ask(Someone().subject()).outcomes if o.node == "justice-1"],
        lambda seen: seen == [STORE_TAMPERED],
        what="the refusal",
        passing=HutongError,
    )
    with pytest.raises(Unavailable, match="roll of officers was changed"):
        client.register.enter("justice-1", sealed_record("justice")[1])
    with pytest.raises(Unavailable, match="roll of officers was changed"):
        roll.register("j3", OFFICER, reason="登记")
