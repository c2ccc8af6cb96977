"""A node whose log went back gives no clean answer: who has seen more says so, whatever the node says of itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from federation.errors import Unavailable
from federation.statements.reasons import LOG_WENT_BACK
from federation.v1 import heads_pb2, query_pb2, sealing_pb2
from node.continuity.continuity import Continuity
from tests.support.federation import GATEWAY
from tests.support.records import Someone, open_record, sealed_record
from tests.support.seal_servers import SECOND, SealServers, await_complete_answer, finding, seal_servers
from tests.support.went_back import (
    NAME,
    NODE,
    UNDECIDED,
    accept,
    asked,
    copied,
    incidents,
    lost,
    lost_and_found,
    outcome,
    put_back,
)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[SealServers]:
    with seal_servers(tmp_path, gateways=(GATEWAY, SECOND)) as running:
        yield running


def test_a_node_restored_from_an_old_copy_answers_nobody(servers: SealServers, tmp_path: Path) -> None:
    someone, _ = lost(servers, tmp_path)
    answer = asked(servers, someone)
    assert finding(answer) == UNDECIDED
    assert outcome(answer) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)
    # The other gateway has seen less of the log, and is told all the same.
    assert outcome(asked(servers, Someone(), at=SECOND)) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)
    assert incidents(servers, NODE) == ["log-went-back"]

    servers.stop(NODE)
    servers.start(NODE)
    assert outcome(asked(servers, someone)) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)


def test_a_node_whose_log_went_back_vouches_for_nothing(servers: SealServers, tmp_path: Path) -> None:
    """Its roll may have an officer who was removed since, and a record that it calls sealed may be open."""
    sealed = servers.enter("procuratorate", sealed_record("procuratorate")[1])
    officer = servers.of("procuratorate")
    assert officer.seals.certificate("procuratorate-1", sealed.record_id, reason="核对")
    lost_and_found(servers, tmp_path)
    notice = sealing_pb2.NoticeOfSealing(
        record_id=sealed.record_id, served_on="王某", capacity="法定代理人", reason="送达"
    )
    vouch: list[Callable[[], object]] = [
        servers.of("procuratorate").connection._fetch_certificate,
        lambda: servers.of("procuratorate").seals.certificate(
            "procuratorate-1", sealed.record_id, reason="核对"
        ),
        lambda: servers.of("procuratorate").seals.notice("procuratorate-1", notice),
    ]
    for each in vouch:
        with pytest.raises(Unavailable) as refused:
            each()
        assert refused.value.reason == LOG_WENT_BACK


def test_a_log_that_has_grown_past_its_old_size_is_found_out_as_well(
    servers: SealServers, tmp_path: Path
) -> None:
    old = copied(servers, NODE, tmp_path / "old")
    await_complete_answer(servers)
    someone, made = open_record("procuratorate")
    servers.enter("procuratorate", made)
    assert finding(asked(servers, someone)) == ("RECORD", "COMPLETE")
    before = servers.of("procuratorate").logs.status(NAME).now.size

    for gateway in (GATEWAY, SECOND):
        servers.stop(gateway)
    put_back(servers, NODE, old, head_file=True)
    while servers.of("procuratorate").logs.status(NAME).now.size <= before + 20:
        servers.enter("procuratorate", open_record("procuratorate")[1])
    assert not servers.of("procuratorate").logs.status(NAME).HasField("went_back")
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
    standing = servers.of("procuratorate").logs.status(NAME)
    assert standing.went_back.known_by == "head.json"
    for gateway in (GATEWAY, SECOND):
        servers.start(gateway)
    assert outcome(asked(servers, Someone())) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)


def test_questions_that_find_it_together_leave_one_incident(servers: SealServers, tmp_path: Path) -> None:
    someone, _ = lost(servers, tmp_path)
    with ThreadPoolExecutor(12) as pool:
        answers = [*pool.map(lambda _: asked(servers, someone), range(12))]
    assert {outcome(answer) for answer in answers} == {(query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)}
    assert incidents(servers, GATEWAY) == ["log-went-back"]


def test_a_node_killed_before_it_wrote_the_file_does_not_state_the_loss_again(
    servers: SealServers, tmp_path: Path
) -> None:
    old = copied(servers, NODE, tmp_path / "old")
    servers.enter("procuratorate", open_record("procuratorate")[1])
    for gateway in (GATEWAY, SECOND):
        servers.stop(gateway)
    put_back(servers, NODE, old, head_file=False)
    file = servers.home(NODE) / "head.json"
    lost = file.read_bytes()
    assert servers.of("procuratorate").logs.status(NAME).went_back.known_by == "head.json"
    accept(servers)
    settled = copied(servers, NODE, tmp_path / "settled")
    servers.stop(NODE)
    file.write_bytes(lost)  # what a kill between the acceptance and the file leaves
    servers.start(NODE)
    assert not servers.of("procuratorate").logs.status(NAME).HasField("went_back")
    assert incidents(servers, NODE) == ["log-went-back"]

    # A head written after the acceptance is not given up by it.
    servers.enter("procuratorate", open_record("procuratorate")[1])
    servers.stop(NODE)
    servers.restore_store(NODE, settled)
    servers.start(NODE)
    assert servers.of("procuratorate").logs.status(NAME).went_back.known_by == "head.json"
    for gateway in (GATEWAY, SECOND):
        servers.start(gateway)


def test_a_gateway_does_not_rest_on_what_the_node_says_of_itself(
    servers: SealServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = Continuity.proof

    def any_proof(self: Continuity, known: heads_pb2.KnownHead, size: int) -> list[bytes]:
        return proof(self, known, size) if known.head.size <= size else []

    monkeypatch.setattr(Continuity, "hear", lambda *_: None)
    monkeypatch.setattr(Continuity, "refusal", lambda _: None)
    monkeypatch.setattr(Continuity, "proof", any_proof)
    someone, _ = lost_and_found(servers, tmp_path)
    assert outcome(asked(servers, someone)) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)
    assert incidents(servers, GATEWAY) == ["log-went-back"]
    assert not incidents(servers, NODE)


@pytest.mark.parametrize("anew", [False, True], ids=["restored", "made anew"])
def test_a_gateway_that_lost_its_heads_takes_them_from_the_others(
    servers: SealServers, tmp_path: Path, anew: bool
) -> None:
    servers.stop(GATEWAY)
    servers.copy_store(GATEWAY, tmp_path / "gateway")
    servers.start(GATEWAY)
    await_complete_answer(servers)
    query = "SELECT size FROM node_head WHERE node = :node"
    servers.stop(SECOND)
    highest = servers.read(GATEWAY, query, node=NAME)
    servers.start(SECOND)
    assert servers.read(SECOND, query, node=NAME) >= highest

    servers.stop(GATEWAY)
    if anew:
        shutil.rmtree(servers.home(GATEWAY))
    else:
        servers.restore_store(GATEWAY, tmp_path / "gateway")
    servers.start(GATEWAY)
    assert servers.read(GATEWAY, query, node=NAME) >= highest
    assert incidents(servers, GATEWAY) == ([] if anew else ["own-log-went-back"])
    await_complete_answer(servers)
