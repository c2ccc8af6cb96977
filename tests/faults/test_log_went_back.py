"""A node whose log went back gives no clean answer: who has seen more says so, until its agency accepts the loss."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from federation.errors import HutongError
from federation.evidence.entry import read_body
from federation.statements.reasons import LOG_WENT_BACK
from federation.v1 import query_pb2
from federation.values import clock
from federation.values.identity import Installation
from tests.support.federation import GATEWAY
from tests.support.records import Someone, open_record
from tests.support.seal_servers import SECOND, SealServers, await_complete_answer, finding, seal_servers
from tests.support.waiting import wait_for

NODE, NAME = "procuratorate/node/procuratorate-1", "procuratorate-1"
NOTHING = ("NO_RECORD", "COMPLETE")
UNDECIDED = ("UNDECIDED", "PARTIAL")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[SealServers]:
    with seal_servers(tmp_path, gateways=(GATEWAY, SECOND)) as running:
        yield running


def copied(servers: SealServers, name: str, into: Path) -> Path:
    """Stop a server, copy its whole home, and start it again."""
    servers.stop(name)
    shutil.copytree(servers.home(name), into)
    servers.start(name)
    return into


def put_back(servers: SealServers, name: str, of: Path, *, head_file: bool) -> None:
    """Stop a server, put an old copy of its database in place, with or without the file beside it, and start it."""
    servers.stop(name)
    servers.restore_store(name, of)
    if head_file:
        (servers.home(name) / "head.json").unlink(missing_ok=True)
        if (of / "head.json").exists():
            shutil.copy(of / "head.json", servers.home(name))
    servers.start(name)


def asked(servers: SealServers, someone: Someone, *, at: str = GATEWAY) -> query_pb2.Answer:
    """Return a gateway's answer, once the line to each node is up again."""
    return wait_for(
        lambda: servers.ask(someone.subject(), at=at),
        lambda answer: all(o.outcome != query_pb2.OUTCOME_UNREACHABLE for o in answer.outcomes),
        what="an answer for which every node was reached",
        passing=HutongError,
    )


def await_finding(
    servers: SealServers, someone: Someone, wanted: tuple[str, str], *, at: str = GATEWAY
) -> None:
    """Wait until a gateway answers so."""
    wait_for(
        lambda: finding(servers.ask(someone.subject(), at=at)),
        lambda found: found == wanted,
        what=f"{wanted} of {at}",
        passing=HutongError,
    )


def outcome(answer: query_pb2.Answer, name: str = NAME) -> tuple[int, str]:
    """Return what the answer says of one node."""
    [found] = [o for o in answer.outcomes if o.node == name]
    return found.outcome, found.reason


def incidents(servers: SealServers, name: str) -> list[str]:
    """Return what the incidents in a server's log are about."""
    installation = Installation.parse(name)
    if "/gateway/" in name:
        return []
    entries = servers.of(installation.member).evidence.entries(installation)
    bodies = [read_body(entry.body) for entry in entries]
    return [str(body["what"]) for body in bodies if body["kind"] == "incident"]


def test_a_node_restored_from_an_old_copy_answers_nobody(servers: SealServers, tmp_path: Path) -> None:
    old = copied(servers, NODE, tmp_path / "old")
    await_complete_answer(servers)
    someone, made = open_record("procuratorate")
    servers.enter("procuratorate", made)
    assert finding(asked(servers, someone)) == ("RECORD", "COMPLETE")

    put_back(servers, NODE, old, head_file=True)
    answer = asked(servers, someone)
    assert finding(answer) == UNDECIDED
    assert outcome(answer) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)
    # The other gateway has seen less of the log, and is told all the same.
    assert outcome(asked(servers, Someone(), at=SECOND)) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)
    assert incidents(servers, NODE) == ["log-went-back"]

    servers.stop(NODE)
    servers.start(NODE)
    assert outcome(asked(servers, someone)) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)


def test_a_log_that_has_grown_past_its_old_size_is_found_out_as_well(
    servers: SealServers, tmp_path: Path
) -> None:
    old = copied(servers, NODE, tmp_path / "old")
    await_complete_answer(servers)
    someone, made = open_record("procuratorate")
    servers.enter("procuratorate", made)
    assert finding(asked(servers, someone)) == ("RECORD", "COMPLETE")
    before = servers.of("procuratorate").logs.standing(NAME).now.size

    for gateway in (GATEWAY, SECOND):
        servers.stop(gateway)
    put_back(servers, NODE, old, head_file=True)
    while servers.of("procuratorate").logs.standing(NAME).now.size <= before + 20:
        servers.enter("procuratorate", open_record("procuratorate")[1])
    assert not servers.of("procuratorate").logs.standing(NAME).HasField("went_back")
    for gateway in (GATEWAY, SECOND):
        servers.start(gateway)
    answer = asked(servers, someone)
    assert finding(answer) == UNDECIDED
    assert outcome(answer) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)


def test_the_file_beside_the_database_shows_that_the_database_is_an_old_copy(
    servers: SealServers, tmp_path: Path
) -> None:
    old = copied(servers, NODE, tmp_path / "old")
    servers.enter("procuratorate", open_record("procuratorate")[1])
    for gateway in (GATEWAY, SECOND):
        servers.stop(gateway)
    put_back(servers, NODE, old, head_file=False)
    standing = servers.of("procuratorate").logs.standing(NAME)
    assert standing.went_back.known_by == "head.json"
    for gateway in (GATEWAY, SECOND):
        servers.start(gateway)
    assert outcome(asked(servers, Someone())) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)


def test_the_agencys_statement_ends_it_at_every_gateway(servers: SealServers, tmp_path: Path) -> None:
    old = copied(servers, NODE, tmp_path / "old")
    await_complete_answer(servers)
    someone, made = open_record("procuratorate")
    servers.enter("procuratorate", made)
    assert finding(asked(servers, someone)) == ("RECORD", "COMPLETE")
    put_back(servers, NODE, old, head_file=True)
    assert finding(asked(servers, someone)) == UNDECIDED

    servers.enter("procuratorate", made)
    servers.of("procuratorate").logs.accept_log(
        NAME,
        reason="硬盘损坏，已从备份恢复",
        entered_again="当日案卷已全部重新录入",
        lost_since=clock.now() - timedelta(hours=1),
    )
    for gateway in (GATEWAY, SECOND):
        await_finding(servers, someone, ("RECORD", "COMPLETE"), at=gateway)
    standing = servers.of("procuratorate").logs.standing(NAME)
    assert not standing.HasField("went_back")
    assert not any(gateway.acceptance_waits for gateway in standing.gateways)
