"""Who writes the database file without the node's keys gets no answer from it: every change is found, and named."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from compose.local.layout import node_installation
from federation.client import Client
from federation.statements.reasons import STORE_TAMPERED
from federation.v1 import query_pb2 as pb
from federation.v1 import sealing_pb2
from tests.support import asking
from tests.support.instruments import NOTICE
from tests.support.local import LocalFederation, local_federation
from tests.support.records import Someone, open_record, record, sealed_record
from tests.support.seals import await_sealed_everywhere
from tests.support.tampering import CHANGES, Persons
from tests.support.waiting import wait_for

#: Several processes start in a test, one after the other, also on a machine that is busy.
pytestmark = pytest.mark.timeout(900)
POLICE = node_installation("police")
REFUSED = ("REFUSED", STORE_TAMPERED)


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    with local_federation(tmp_path_factory.mktemp("tampered")) as up:
        yield up


@pytest.fixture(scope="module")
def home(federation: LocalFederation) -> Path:
    return federation.layout.server(POLICE)


@pytest.fixture
def persons(federation: LocalFederation, home: Path, tmp_path: Path) -> Persons:
    (someone, made), (minor, of_minor), closed = open_record("police"), sealed_record("police"), Someone()
    entered = {
        "open": made,
        "minor": of_minor,
        "closed": record(closed, "police"),
        "other": record(Someone(), "police"),
    }
    ids = {name: federation.enter("police", each).record_id for name, each in entered.items()}
    earlier = tmp_path / "earlier.db"
    with closing(sqlite3.connect(home / "store.db")) as store, closing(sqlite3.connect(earlier)) as copy:
        store.backup(copy)
    order = sealing_pb2.Sealing(
        record_id=ids["closed"], expected_version=1, instrument=NOTICE, reason="法院通知"
    )
    federation.client("police").seals.seal("police-1", order)
    for sealed in ("minor", "closed"):  # a seal that waits for the node would go before every question
        await_sealed_everywhere(federation, "police", ids[sealed])
    return Persons(someone, minor, closed, {name: bytes.fromhex(each) for name, each in ids.items()}, earlier)


def tamper(home: Path, statements: Sequence[str], *, earlier: Path, **values: bytes) -> None:
    """Change the database as its administrator could: without the program, without its keys."""
    with closing(sqlite3.connect(home / "store.db", isolation_level=None)) as store:
        store.execute("ATTACH ? AS earlier", (str(earlier),))
        store.execute("BEGIN")
        for statement in statements:
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            store.execute(statement, named)
        store.execute("COMMIT")


def check(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["node", "check", "--home", str(home), *arguments])


def ask(client: Client, someone: Someone) -> pb.Answer:
    return client.ask(asking.case(someone.subject())).answer


def outcome(answer: pb.Answer) -> tuple[str, str]:
    [told] = [o for o in answer.outcomes if o.node == "police-1"]
    return pb.Outcome.Name(told.outcome).removeprefix("OUTCOME_"), told.reason


def outcome_about(client: Client, someone: Someone) -> tuple[str, str]:
    return outcome(ask(client, someone))


def answered(client: Client, someone: Someone) -> pb.Answer:
    """Return the first answer in which the node took part: after its start the gateway has yet to reach it."""
    return wait_for(
        lambda: ask(client, someone),
        lambda answer: outcome(answer)[0] != "UNREACHABLE",
        what="an answer of the node",
    )


@pytest.mark.parametrize("done", CHANGES)
def test_a_register_changed_from_outside_answers_nothing(
    federation: LocalFederation, home: Path, persons: Persons, done: str
) -> None:
    change, someone = CHANGES[done], getattr(persons, CHANGES[done].of)
    its = persons.ids[change.of]
    federation.down(POLICE)
    tamper(home, change.statements, earlier=persons.earlier, its=its, other=persons.ids["other"])
    found = json.loads(check(home, "--json").stdout)
    assert found["differences"]
    assert any(its.hex() in each and change.named in each for each in found["named"]), found
    federation.up(POLICE)
    with federation.fresh_client("court") as client:
        if not change.refused:
            assert ask(client, someone).completeness == pb.COMPLETENESS_PARTIAL
        elif change.reached:
            first = answered(client, someone)
            assert (first.completeness, first.finding) == (pb.COMPLETENESS_PARTIAL, pb.FINDING_UNDECIDED)
            assert outcome(first) == REFUSED
        wait_for(
            lambda: outcome_about(client, Someone()),
            lambda seen: seen == REFUSED or (not change.refused and seen[0] == "UNREACHABLE"),
            what="a node that has found the change",
        )
    incidents = wait_for(
        lambda: [e for e in federation.node_entries("police") if e["kind"] == "incident"],
        what="the incident in the log",
    )
    assert incidents[-1]["what"] == "store-tampered"
    if not change.reached:  # the recount has found it once, and a new start forgets nothing
        federation.down(POLICE)
        federation.up(POLICE)
        with federation.fresh_client("court") as client:
            assert outcome(answered(client, Someone())) == REFUSED
    federation.down(POLICE)
    mended = check(home, "--mend", "--officer", "李运维", "--reason", "演练")
    assert mended.exit_code == 0, mended.output
    assert check(home).exit_code == 0
    federation.up(POLICE)
    with federation.fresh_client("court") as client:
        answer = answered(client, someone)
        assert (answer.completeness, answer.finding) == (pb.COMPLETENESS_COMPLETE, change.after)
    assert [e["officer"] for e in federation.node_entries("police") if e["kind"] == "register_mended"][
        -1:
    ] == ["李运维"]


@pytest.mark.parametrize("done", [name for name, change in CHANGES.items() if change.of == "minor"])
def test_it_refuses_alike_whether_or_not_a_seal_waits_for_it(
    federation: LocalFederation, home: Path, persons: Persons, done: str
) -> None:
    """Else who asks could tell by the outcome that somebody's record was just sealed at another node."""
    change, someone = CHANGES[done], getattr(persons, CHANGES[done].of)
    federation.down(POLICE)
    its = persons.ids[change.of]
    tamper(home, change.statements, earlier=persons.earlier, its=its, other=persons.ids["other"])
    federation.enter("justice", record(someone, "justice"))
    federation.up(POLICE)
    with federation.fresh_client("court") as client:
        for whoever in (someone, Someone()):
            wait_for(
                partial(outcome_about, client, whoever),
                lambda seen: seen == REFUSED,
                what="a refusal of the node",
                seconds=30,
            )
    federation.down(POLICE)
    assert check(home, "--mend", "--officer", "李运维", "--reason", "演练").exit_code == 0
    federation.up(POLICE)


def test_a_view_that_shows_a_table_at_times_only_is_found_at_the_start(
    federation: LocalFederation, home: Path, persons: Persons
) -> None:
    federation.down(POLICE)
    planted = (
        "ALTER TABLE open_token RENAME TO all_tokens",
        "CREATE VIEW open_token AS SELECT * FROM all_tokens WHERE CAST(strftime('%s') AS INTEGER) % 2",
    )
    tamper(home, planted, earlier=persons.earlier)
    assert "the view open_token was made by somebody else" in check(home).stdout
    refused = check(home, "--mend", "--officer", "李运维", "--reason", "演练")
    assert refused.exit_code == 1
    assert "restore" in refused.output
    federation.up(POLICE)
    with federation.fresh_client("court") as client:
        assert outcome(answered(client, persons.open)) == REFUSED
    federation.down(POLICE)
    tamper(
        home, ("DROP VIEW open_token", "ALTER TABLE all_tokens RENAME TO open_token"), earlier=persons.earlier
    )
    assert check(home, "--mend", "--officer", "李运维", "--reason", "演练").exit_code == 0
    federation.up(POLICE)
    with federation.fresh_client("court") as client:
        assert answered(client, persons.open).finding == pb.FINDING_RECORD


def test_what_is_planted_while_the_node_runs_is_found_by_the_next_recount(
    federation: LocalFederation, home: Path, persons: Persons
) -> None:
    """No row differs: a trigger may wait for the next entry, and a view for the next second."""
    with federation.fresh_client("court") as client:
        assert answered(client, persons.open).finding == pb.FINDING_RECORD
        trigger = (
            "CREATE TRIGGER forgets AFTER INSERT ON open_token BEGIN "
            "DELETE FROM open_token WHERE token = new.token; END"
        )
        tamper(home, (trigger,), earlier=persons.earlier)
        assert "the trigger forgets was made by somebody else" in check(home).stdout
        wait_for(
            partial(outcome_about, client, persons.open),
            lambda seen: seen == REFUSED,
            what="a recount that finds the trigger",
            seconds=60,
        )
    federation.down(POLICE)
    tamper(home, ("DROP TRIGGER forgets",), earlier=persons.earlier)
    assert check(home, "--mend", "--officer", "李运维", "--reason", "演练").exit_code == 0
    federation.up(POLICE)
    with federation.fresh_client("court") as client:
        assert answered(client, persons.open).finding == pb.FINDING_RECORD
