"""A store that is lost, or keys that are not its own, never become a clean answer: the server does not start."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from certs.signing import new_signing_key
from compose.local.layout import GATEWAY, node_installation
from gateway.app import init as init_gateway
from node.app import init as init_node
from tests.support import asking
from tests.support.local import LocalFederation, local_federation
from tests.support.records import open_record, sealed_record
from tests.support.starting import copy_of, killed_while_serving, refused, serves

#: Several processes start in a test, one after the other, also on a machine that is busy.
pytestmark = pytest.mark.timeout(900)
POLICE = node_installation("police")
KEYS = {
    "node": ("journal", "wrap", "sealing", "lookup", "working", "commitment"),
    "gateway": ("journal", "held", "relay"),
}
#: Keys under which nothing is stored that could show whether they are the right ones.
UNPROVEN = ("working", "commitment")
INIT = {"node": init_node, "gateway": init_gateway}
CASES = [(kind, name) for kind, names in KEYS.items() for name in names]


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The homes of a node and a gateway that have served, stopped in order; nobody writes to them."""
    with local_federation(tmp_path_factory.mktemp("lost")) as federation:
        _use(federation)
        federation.down()
        yield {
            "node": federation.layout.server(POLICE),
            "gateway": federation.layout.server(GATEWAY),
        }


def _use(federation: LocalFederation) -> None:
    """Leave at least one row under every key of both servers."""
    someone, made = open_record("police")
    federation.enter("police", made)
    federation.enter("police", sealed_record("police")[1])
    answer = federation.client("procuratorate").ask(asking.case(someone.subject())).answer
    assert answer.convictions
    # Of an answer below full granularity the nodes' own answers are kept at the gateway.
    federation.client("police").ask(asking.public(someone.subject()))


def forget_checks(home: Path) -> None:
    """Make the store one of an earlier program, which kept no check values."""
    with sqlite3.connect(home / "store.db") as store:
        store.execute("DROP TABLE IF EXISTS key_check")
        store.execute("DROP TABLE IF EXISTS keys_schema_version")
    store.close()
    (home / "keys" / "store-made").unlink(missing_ok=True)


def test_a_home_as_it_was_left_serves(kind: str, home: Path) -> None:
    serves(kind, home)
    serves(kind, home)


def test_without_its_database_a_server_does_not_start_and_makes_none(kind: str, home: Path) -> None:
    (home / "store.db").unlink()
    end = refused(kind, home)
    assert f"{home / 'store.db'} is not there" in end.sentence
    assert "restore" in end.sentence
    assert not (home / "store.db").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b"not a database" * 500, "is no database of Hutong")],
    ids=["empty", "foreign"],
)
def test_another_file_in_place_of_the_database_ends_the_start(
    kind: str, home: Path, content: bytes, says: str
) -> None:
    (home / "store.db").write_bytes(content)
    end = refused(kind, home)
    assert str(home / "store.db") in end.sentence
    assert says in end.sentence
    assert (home / "store.db").read_bytes() == content


def test_a_database_of_somebody_else_ends_the_start(kind: str, home: Path) -> None:
    (home / "store.db").unlink()
    with sqlite3.connect(home / "store.db") as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    assert "is no database of Hutong" in refused(kind, home).sentence


def test_a_database_that_lost_its_rows_ends_the_start(kind: str, home: Path) -> None:
    with sqlite3.connect(home / "store.db") as store:
        for table in ("log_entry", "log_checkpoint"):
            store.execute(f"DROP TRIGGER {table}_no_delete")
            store.execute(f"DELETE FROM {table}")
    store.close()
    assert "is empty" in refused(kind, home).sentence


def test_the_other_servers_database_ends_the_start(kind: str, home: Path, homes: dict[str, Path]) -> None:
    other = "gateway" if kind == "node" else "node"
    shutil.copy(homes[other] / "store.db", home / "store.db")
    assert "another kind of server" in refused(kind, home).sentence


def test_init_makes_no_empty_database_for_keys_that_have_had_one(kind: str, home: Path) -> None:
    (home / "store.db").unlink()
    with pytest.raises(Exception, match="is lost") as lost:
        INIT[kind](home)
    assert "restore" in str(lost.value).lower()
    assert not (home / "store.db").exists()


def test_init_makes_no_empty_database_where_only_the_keys_came_back(
    kind: str, home: Path, tmp_path: Path
) -> None:
    shutil.copytree(home / "keys", tmp_path / "anew" / "keys")
    with pytest.raises(Exception, match="is lost"):
        INIT[kind](tmp_path / "anew")


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{k}-{n}" for k, n in CASES])
@pytest.mark.parametrize("of_before", [False, True], ids=["checked", "of-before"])
def test_a_key_made_anew_ends_the_start_by_its_name(
    kind: str, name: str, home: Path, of_before: bool
) -> None:
    if of_before and name in UNPROVEN:
        pytest.skip("nothing is stored under it: any key will do, and from then on only that one")
    if of_before:
        forget_checks(home)
    path = home / "keys" / f"{name}.key"
    path.write_bytes(os.urandom(32))
    end = refused(kind, home)
    assert str(path) in end.sentence
    assert "backup" in end.sentence


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{k}-{n}" for k, n in CASES])
def test_a_missing_or_cut_key_ends_the_start_and_init_makes_no_other(
    kind: str, name: str, home: Path
) -> None:
    path = home / "keys" / f"{name}.key"
    whole = path.read_bytes()
    path.write_bytes(whole[:31])
    assert f"{path}: has 31 bytes" in refused(kind, home).sentence
    path.unlink()
    with pytest.raises(Exception, match="restore that file from the backup"):
        INIT[kind](home)
    assert not path.exists()


def test_two_keys_that_changed_places_are_named(kind: str, home: Path) -> None:
    first, second = (home / "keys" / f"{name}.key" for name in KEYS[kind][:2])
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    sentence = refused(kind, home).sentence
    assert f"{first} holds the key that belongs in {second.name}" in sentence
    assert f"{second} holds the key that belongs in {first.name}" in sentence


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN PRIVATE KEY-----\n", None], ids=["empty", "cut", "gone"]
)
def test_a_signing_key_that_cannot_be_read_is_named(
    kind: str, home: Path, tmp_path: Path, content: bytes | None
) -> None:
    path = _own_signing_key(home)
    path.unlink() if content is None else path.write_bytes(content)
    assert str(path) in refused(kind, home).sentence


def test_a_signing_key_that_the_charter_does_not_list_is_named(kind: str, home: Path) -> None:
    path = _own_signing_key(home)
    path.unlink()
    new_signing_key(path)
    assert f"{path} holds no key that the charter lists" in refused(kind, home).sentence


def test_a_store_of_before_gets_its_check_values_once(kind: str, home: Path) -> None:
    forget_checks(home)
    serves(kind, home)
    name = KEYS[kind][-1]
    (home / "keys" / f"{name}.key").write_bytes(os.urandom(32))
    assert f"{name}.key" in refused(kind, home).sentence


@pytest.mark.parametrize("name", UNPROVEN)
def test_a_key_of_a_kind_that_the_store_never_used_is_made_by_init(
    homes: dict[str, Path], tmp_path: Path, name: str
) -> None:
    home = copy_of(homes["node"], tmp_path / "node")
    forget_checks(home)
    path = home / "keys" / f"{name}.key"
    path.unlink()
    assert "init" in refused("node", home).sentence
    init_node(home)
    made = path.read_bytes()
    init_node(home)
    assert path.read_bytes() == made
    serves("node", home)


def test_init_begins_a_home_anew_after_it_was_cut_off(kind: str, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    INIT[kind](whole)
    (cut / "keys").mkdir(parents=True)
    shutil.copy(whole / "keys" / "journal.key", cut / "keys")  # the next key was not made any more
    (cut / "store.new").write_bytes((whole / "store.db").read_bytes()[:5000])
    INIT[kind](cut)
    assert (cut / "keys" / "journal.key").read_bytes() == (whole / "keys" / "journal.key").read_bytes()
    with sqlite3.connect(cut / "store.db") as store:
        assert store.execute("SELECT count(*) FROM log_entry").fetchone() == (1,)
        assert {row[0] for row in store.execute("SELECT name FROM key_check")} == {*KEYS[kind]}
    store.close()


def test_without_a_key_file_a_server_does_not_start(kind: str, home: Path) -> None:
    path = home / "keys" / f"{KEYS[kind][0]}.key"
    path.unlink()
    assert str(path) in refused(kind, home).sentence
    assert not path.exists()


def test_a_killed_server_starts_again(kind: str, home: Path) -> None:
    killed_while_serving(kind, home)
    serves(kind, home)


def _own_signing_key(home: Path) -> Path:
    """Let the home's settings name the signing key that lies in it, and return that."""
    settings = home / "settings.toml"
    lines = [
        f'signing_key = "{home / "signing.key"}"' if line.startswith("signing_key") else line
        for line in settings.read_text("utf-8").splitlines()
    ]
    settings.write_text("\n".join(lines) + "\n", "utf-8")
    return home / "signing.key"
