"""A store that is not as it was written answers nothing: found at the start, while it serves, and at a restore."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from compose.local.layout import GATEWAY, node_installation
from federation.errors import CannotAccount, HutongError, Unavailable
from federation.evidence.entry import EntryKind
from federation.v1 import query_pb2 as pb
from federation.values.clock import now as wall_clock
from federation.values.clock import stamp
from federation.values.identity import Installation
from node.store.keys import NodeKeys
from server.journal.condition import Condition
from server.journal.engine import open_sqlite
from server.journal.log import Log
from server.journal.tallying import Tally
from server.keyfiles import load_keys
from server.stores.admission import Admission
from server.stores.integrity import NEWEST
from tests.support import asking
from tests.support.local import LocalFederation, local_federation
from tests.support.records import Someone, open_record
from tests.support.starting import await_serving, copy_of, killed_while_serving, refused, serves, started
from tests.support.waiting import wait_for

#: Several processes start in a test, one after the other, also on a machine that is busy.
pytestmark = pytest.mark.timeout(900)
POLICE = node_installation("police")


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    with local_federation(tmp_path_factory.mktemp("damaged")) as up:
        for _ in range(3):
            up.enter("police", open_record("police")[1])
        yield up


@pytest.fixture(scope="module")
def homes(federation: LocalFederation) -> dict[str, Path]:
    """Copies of the homes of a node and a gateway that stopped in order; the servers themselves run on."""
    servers = {"node": POLICE, "gateway": GATEWAY}
    federation.down(*servers.values())
    kept = federation.layout.home / "kept"
    copies = {
        kind: copy_of(federation.layout.server(server), kept / kind) for kind, server in servers.items()
    }
    federation.up()
    return copies


def change_log(home: Path, statement: str) -> None:
    """Change the log behind the triggers that forbid it, as a failing disk would."""
    with closing(sqlite3.connect(home / "store.db", timeout=60)) as store, store:
        triggers = store.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            store.execute(f"DROP TRIGGER {name}")
        store.execute(statement)
        for _, sql in triggers:
            store.execute(sql)


def ask(federation: LocalFederation, someone: Someone) -> pb.Answer:
    with federation.fresh_client("procuratorate") as client:
        return client.ask(asking.case(someone.subject())).answer


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "UPDATE log_entry SET sealed_body = zeroblob(length(sealed_body)) WHERE idx = 1",
            "entry 1 of the log",
        ),
        ("UPDATE log_entry SET leaf = zeroblob(32) WHERE idx = 2", "entry 2 of the log"),
        ("UPDATE log_entry SET subtrees = zeroblob(length(subtrees)) WHERE idx = 2", "entry 2 of the log"),
        ("DELETE FROM log_entry WHERE idx = 1", "the last is number"),
        ("DELETE FROM log_entry WHERE idx > 0", "were signed for"),
        ("UPDATE log_checkpoint SET envelope = zeroblob(9)", "checkpoint"),
        ("UPDATE log_entry SET sealed_body = 'text' WHERE idx = 1", "cannot be read"),
        ("UPDATE log_entry SET leaf = 'text' WHERE idx = 1", "cannot be read"),
        ("UPDATE log_entry SET subtrees = 'text' WHERE idx = 1", "cannot be read"),
        ("UPDATE log_checkpoint SET envelope = 'text'", "cannot be read"),
    ],
    ids=[
        "body",
        "leaf",
        "tree",
        "hole",
        "tail",
        "checkpoint",
        "text-body",
        "text-leaf",
        "text-tree",
        "text-envelope",
    ],
)
def test_a_log_that_cannot_be_read_ends_the_start(kind: str, home: Path, statement: str, says: str) -> None:
    change_log(home, statement)
    sentence = refused(kind, home).sentence
    assert says in sentence
    assert "restore" in sentence


def test_after_a_kill_a_damaged_page_ends_the_start(kind: str, home: Path) -> None:
    killed_while_serving(kind, home)
    with closing(sqlite3.connect(home / "store.db")) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page, size)] = store.execute(
            "SELECT rootpage, (SELECT page_size FROM pragma_page_size()) FROM sqlite_master "
            "WHERE name = 'log_entry_leaf'"
        ).fetchall()
    with (home / "store.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    assert "damaged" in refused(kind, home).sentence


def test_an_older_copy_beside_the_log_of_a_kill_is_not_mixed_with_it(
    kind: str, home: Path, tmp_path: Path
) -> None:
    shutil.copy(home / "store.db", tmp_path / "backup.db")
    killed_while_serving(kind, home)
    assert (home / "store.db-wal").stat().st_size > 0
    shutil.copy(tmp_path / "backup.db", home / "store.db")
    sentence = refused(kind, home).sentence
    assert str(home / "store.db-wal") in sentence
    assert "belongs to another database" in sentence
    assert (home / "store.db").read_bytes() == (tmp_path / "backup.db").read_bytes()


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_backup_of_a_running_server_is_restored_over_a_killed_one(
    kind: str, home: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    with started(kind, home) as process:
        await_serving(process, home)
        made = command(kind, "backup", "--home", home, backup)
        assert made.exit_code == 0, made.output
        assert not (backup / "keys").exists()
        running = command(kind, "restore", "--home", home, backup)
        assert running.exit_code == 1
        assert "HOME_IN_USE" in running.output
    assert (home / "store.db-wal").exists(), "it was killed"
    with closing(sqlite3.connect(backup / "store.db")) as store:
        kept = store.execute("SELECT count(*) FROM log_entry").fetchone()
    done = command(kind, "restore", "--home", home, backup)
    assert done.exit_code == 0, done.output
    [aside] = home.glob("before-restore-*")
    assert {"store.db", "store.db-wal", "store.run"} <= {path.name for path in aside.iterdir()}
    assert not (home / "store.db-wal").exists()
    with closing(sqlite3.connect(home / "store.db")) as store:
        assert store.execute("SELECT count(*) FROM log_entry").fetchone() == kept
    serves(kind, home)


@pytest.mark.parametrize("damage", ["entry", "key", "foreign", "missing"])
def test_a_backup_that_cannot_be_used_changes_nothing(
    kind: str, home: Path, tmp_path: Path, damage: str
) -> None:
    backup = tmp_path / "backup"
    assert command(kind, "backup", "--unsafe-with-keys", "--home", home, backup).exit_code == 0
    if damage == "entry":
        change_log(backup, "UPDATE log_entry SET sealed_body = x'00' WHERE idx = 1")
    elif damage == "key":
        (backup / "keys" / "journal.key").write_bytes(bytes(32))
    elif damage == "foreign":
        (backup / "store.db").write_bytes(b"something else")
    else:
        (backup / "store.db").unlink()
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name != "lock"}
    done = command(kind, "restore", "--home", home, backup)
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit), done.exception
    left = [path for path in home.rglob("*") if path.is_file() and "restore.new" not in path.parts]
    assert {path: path.read_bytes() for path in left if path.name != "lock"} == before


@contextmanager
def damaged_entry(federation: LocalFederation, server: Installation) -> Iterator[None]:
    """Damage an entry of a server's log; afterwards put it right and start the server anew."""
    home = federation.layout.server(server)
    with closing(sqlite3.connect(home / "store.db", timeout=60)) as store:
        [body] = store.execute("SELECT sealed_body FROM log_entry WHERE idx = 1").fetchone()
    change_log(home, "UPDATE log_entry SET sealed_body = zeroblob(length(sealed_body)) WHERE idx = 1")
    try:
        yield
    finally:
        federation.down(server)
        change_log(home, f"UPDATE log_entry SET sealed_body = x'{body.hex()}' WHERE idx = 1")
        federation.up()


def test_older_entries_that_cannot_be_read_for_any_reason_end_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("server.stores.admission.verify_log", fail)
    journal = SimpleNamespace(engine=open_sqlite(tmp_path / "store.db"), condition=Condition())
    with Admission(key=bytes(32), older=1).watching(journal):  # type: ignore[arg-type]
        wait_for(lambda: journal.condition.damaged, what="the end of answers")
    journal.engine.dispose()
    with pytest.raises(CannotAccount, match="operator must restore"):
        journal.condition.insist()


def test_damage_that_a_serving_node_meets_ends_its_answers(federation: LocalFederation) -> None:
    someone, made = open_record("police")
    federation.enter("police", made)
    assert ask(federation, someone).finding == pb.FINDING_RECORD
    with damaged_entry(federation, POLICE):
        with pytest.raises(HutongError):
            federation.node_entries("police")
        answer = ask(federation, someone)
        assert (answer.completeness, answer.finding) == (pb.COMPLETENESS_PARTIAL, pb.FINDING_UNDECIDED)
        with pytest.raises(CannotAccount, match="operator must restore"):
            federation.enter("police", open_record("police")[1])


def test_damage_that_a_serving_gateway_meets_ends_its_answers(federation: LocalFederation) -> None:
    someone, made = open_record("police")
    federation.enter("police", made)
    with damaged_entry(federation, GATEWAY):
        with pytest.raises(HutongError):
            federation.gateway_entries()
        with pytest.raises(CannotAccount, match="operator must restore"):
            ask(federation, someone)


def test_an_old_entry_that_cannot_be_read_ends_answers_while_it_serves(federation: LocalFederation) -> None:
    someone, made = open_record("police")
    federation.enter("police", made)
    federation.down(POLICE)
    _lengthen(federation.layout.server(POLICE), NEWEST + 10)
    federation.up(POLICE)
    with damaged_entry(federation, POLICE):
        federation.down(POLICE)
        with suppress(Unavailable):  # the entry is come upon before the node serves, or soon after
            federation.up(POLICE)
        wait_for(
            lambda: ask(federation, someone).completeness,
            lambda seen: seen == pb.COMPLETENESS_PARTIAL,
            what="a partial answer",
        )
        with pytest.raises(Unavailable):
            federation.enter("police", open_record("police")[1])


def _lengthen(home: Path, entries: int) -> None:
    """Write many entries into the log of a node that is down, and bind its tally to them."""
    engine = open_sqlite(home / "store.db")
    log = Log(body_key=load_keys(home / "keys", ["journal"])["journal"])
    with engine.begin() as connection:
        log.restore(connection)
        tally = Tally(NodeKeys.load(home / "keys").tally)
        tally.load(connection, log.frontier)
        pending = log.pending()
        for number in range(entries):
            pending.append(EntryKind.INCIDENT, at=stamp(wall_clock()), number=number)
        tally.write(connection, tally.changes(), log.write(connection, pending))
    engine.dispose()
