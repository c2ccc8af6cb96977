"""A node whose log went back gives no clean answer: who has seen more says so, until its agency accepts the loss."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from certs import charter_files
from federation.charter.envelope import GATEWAY as ANY_GATEWAY
from federation.charter.envelope import make_statement
from federation.charter.model import InstallationState
from federation.client import Client, Connection, Credentials
from federation.errors import (
    BadEnvelope,
    HutongError,
    OutOfOrder,
    PermissionDenied,
    Stale,
    Unauthenticated,
    Unavailable,
)
from federation.evidence.entry import SALT_BYTES, Value, read_body
from federation.statements.methods import ACCEPT_LOG, HAND_IN_ACCEPTANCE
from federation.statements.reasons import LOG_WENT_BACK, LOST_HEAD_HIGHER
from federation.transport.status import understood
from federation.transport.tls import channel
from federation.v1 import heads_pb2, heads_pb2_grpc, notice_pb2, query_pb2, record_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from node.continuity.continuity import Continuity
from server.journal.cipher import Cipher
from tests.support.federation import GATEWAY
from tests.support.local import OFFICER
from tests.support.notices import judgment
from tests.support.records import Someone, open_record, sealed_record
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


def entries(servers: SealServers, name: str) -> list[Mapping[str, Value]]:
    """Return a server's log in clear, from its store."""
    home = servers.home(name)
    cipher = Cipher((home / "keys" / "journal.key").read_bytes())
    with closing(sqlite3.connect(f"file:{home / 'store.db'}?mode=ro", uri=True)) as store:
        rows = store.execute("SELECT leaf, sealed_body FROM log_entry ORDER BY idx").fetchall()
    return [read_body(cipher.unlock(body, leaf)[SALT_BYTES:]) for leaf, body in rows]


def incidents(servers: SealServers, name: str) -> list[str]:
    """Return what the incidents in a server's log are about."""
    return [str(body["what"]) for body in entries(servers, name) if body["kind"] == "incident"]


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


def lost_and_found(servers: SealServers, tmp_path: Path) -> tuple[Someone, record_pb2.Record]:
    """Have the node lose a record that a gateway has seen its log account for; return the record and its person."""
    old = copied(servers, NODE, tmp_path / "old")
    await_complete_answer(servers)
    someone, made = open_record("procuratorate")
    servers.enter("procuratorate", made)
    assert finding(asked(servers, someone)) == ("RECORD", "COMPLETE")
    put_back(servers, NODE, old, head_file=True)
    assert finding(asked(servers, someone)) == UNDECIDED
    return someone, made


def accept(servers: SealServers, agency: str = "procuratorate") -> None:
    """Have an officer of the agency accept the log of its node as it is now."""
    servers.of(agency).logs.accept_log(
        f"{agency}-1",
        reason="硬盘损坏，已从备份恢复",
        entered_again="当日案卷已全部重新录入",
        lost_since=clock.now() - timedelta(hours=1),
    )


def test_questions_that_find_it_together_leave_one_incident(servers: SealServers, tmp_path: Path) -> None:
    old = copied(servers, NODE, tmp_path / "old")
    await_complete_answer(servers)
    someone, made = open_record("procuratorate")
    servers.enter("procuratorate", made)
    assert finding(asked(servers, someone)) == ("RECORD", "COMPLETE")
    put_back(servers, NODE, old, head_file=True)
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


def another_desk(servers: SealServers, agency: str) -> Client:
    """Return a client of a second installation of the agency, which the charter lists from now on."""
    federation, name = servers.federation, f"{agency}/client/desk-2"
    party = federation.parties[name] = federation._party(name)
    federation._edit(name, lambda file: charter_files.with_installation(file, federation._draft(party)))
    credentials = Credentials(party.installation, party.certificate, party.key, party.signing_key)
    trust = federation.trust(f"{agency}-desk-2")
    return Client(Connection(trust=trust, credentials=credentials, officer="李检察官"))


def test_another_installation_signs_for_a_gateway_when_the_first_signer_has_left_the_charter(
    servers: SealServers, tmp_path: Path
) -> None:
    old = copied(servers, NODE, tmp_path / "old")
    for at in (SECOND, GATEWAY):
        await_complete_answer(servers, at=at)
    someone, made = open_record("procuratorate")
    servers.enter("procuratorate", made)
    for at in (SECOND, GATEWAY):  # both have seen what is lost, the first one more
        assert finding(asked(servers, someone, at=at)) == ("RECORD", "COMPLETE")
    servers.stop(SECOND)
    put_back(servers, NODE, old, head_file=True)
    assert finding(asked(servers, someone)) == UNDECIDED
    servers.enter("procuratorate", made)
    accept(servers)
    await_finding(servers, someone, ("RECORD", "COMPLETE"))
    with another_desk(servers, "procuratorate") as client:
        servers.set_state("procuratorate/client/desk", InstallationState.REMOVED)
        servers.start(SECOND)
        assert outcome(asked(servers, Someone(), at=SECOND)) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)

        def sign() -> heads_pb2.LogAcceptance:
            return client.logs.accept_log(NAME, reason="签署人已调离", entered_again="同前")

        signed = wait_for(
            sign, what="the refusal of the first", passing=(OutOfOrder, BadEnvelope, Unauthenticated)
        )
        for gateway in (SECOND, GATEWAY):
            await_finding(servers, someone, ("RECORD", "COMPLETE"), at=gateway)
        wait_for(
            lambda: client.logs.status(NAME),
            lambda standing: not any(gateway.acceptance_waits for gateway in standing.gateways),
            what="every gateway to have the acceptance",
        )
        with pytest.raises(OutOfOrder, match="nothing to accept"):
            sign()
    assert signed.lost_since < clock.stamp(clock.now() - timedelta(minutes=30)), "as the first statement said"
    assert incidents(servers, NODE) == ["log-went-back"]


def test_the_agencys_statement_ends_it_at_every_gateway(servers: SealServers, tmp_path: Path) -> None:
    someone, made = lost_and_found(servers, tmp_path)
    servers.stop(SECOND)
    servers.enter("procuratorate", made)
    accept(servers)
    await_finding(servers, someone, ("RECORD", "COMPLETE"))
    with pytest.raises(OutOfOrder, match="nothing to accept"):
        accept(servers)

    servers.start(SECOND)
    await_finding(servers, someone, ("RECORD", "COMPLETE"), at=SECOND)
    wait_for(
        lambda: servers.of("procuratorate").logs.status(NAME),
        lambda standing: not any(gateway.acceptance_waits for gateway in standing.gateways),
        what="every gateway to have the acceptance",
    )
    for name in (NODE, GATEWAY, SECOND):
        [accepted] = [body for body in entries(servers, name) if body["kind"] == "log_accepted"]
        assert accepted["officer"] == OFFICER
    for name in (NODE, GATEWAY):
        servers.stop(name)
        servers.start(name)
    await_finding(servers, someone, ("RECORD", "COMPLETE"))


def test_a_gateway_that_knows_more_than_was_given_up_puts_it_before_the_agency_again(
    servers: SealServers, tmp_path: Path
) -> None:
    old = copied(servers, NODE, tmp_path / "old")
    await_complete_answer(servers)
    await_complete_answer(servers, at=SECOND)
    for at in (GATEWAY, SECOND):  # the second has seen more
        assert finding(asked(servers, Someone(), at=at)) == NOTHING
    servers.stop(SECOND)
    put_back(servers, NODE, old, head_file=True)
    accept(servers)
    await_finding(servers, Someone(), NOTHING)

    servers.start(SECOND)
    standing = wait_for(
        lambda: servers.of("procuratorate").logs.status(NAME),
        lambda standing: standing.HasField("went_back"),
        what="the head that the second gateway knows",
    )
    assert standing.went_back.known_by == SECOND
    assert outcome(asked(servers, Someone())) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)
    accept(servers)
    for at in (GATEWAY, SECOND):
        await_finding(servers, Someone(), NOTHING, at=at)


def test_a_node_built_anew_answers_once_its_agency_has_accepted_that(servers: SealServers) -> None:
    servers.stop(NODE)
    shutil.rmtree(servers.home(NODE))
    servers.start(NODE)
    assert outcome(asked(servers, Someone())) == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)
    accept(servers)
    for gateway in (GATEWAY, SECOND):
        await_finding(servers, Someone(), NOTHING, at=gateway)


def test_what_is_not_the_agencys_own_statement_is_refused(servers: SealServers, tmp_path: Path) -> None:
    someone, _ = lost_and_found(servers, tmp_path)
    standing = servers.of("procuratorate").logs.status(NAME)
    body = heads_pb2.LogAcceptance(
        node=NAME,
        lost=standing.went_back.known,
        accepted=standing.now,
        reason="硬盘损坏",
        entered_again="无",
        lost_since=clock.stamp(clock.now()),
    )
    for signer, refusal in (
        ("police/client/desk", BadEnvelope),
        ("procuratorate/node/procuratorate-1", PermissionDenied),
    ):
        forged = statement(servers, signer, ACCEPT_LOG, NODE, body.SerializeToString())
        with pytest.raises(refusal):
            hand_in(servers, forged)
    with pytest.raises(PermissionDenied):
        servers.of("police").logs.status(NAME)

    stale = heads_pb2.LogAcceptance()
    stale.CopyFrom(body)
    stale.lost.size += 1
    envelope = statement(servers, "procuratorate/client/desk", ACCEPT_LOG, NODE, stale.SerializeToString())
    stub = heads_pb2_grpc.HeadServiceStub(
        servers.of("procuratorate").connection.channel_to(servers.of("procuratorate").connection.node(NAME))
    )
    with pytest.raises(Stale), understood():
        stub.AcceptLog(heads_pb2.AcceptLogRequest(envelope=envelope))
    body.lost.size -= 1
    low = statement(servers, "procuratorate/client/desk", ACCEPT_LOG, NODE, body.SerializeToString())
    with pytest.raises(OutOfOrder) as refused:
        hand_in(servers, low)
    assert refused.value.reason == LOST_HEAD_HIGHER
    assert finding(asked(servers, someone)) == UNDECIDED


def statement(servers: SealServers, signer: str, method: str, destination: str, body: bytes) -> Envelope:
    """Return a statement with the signing key of any installation."""
    charter = servers.federation.charter()
    return make_statement(
        signer=servers.federation.party(signer).signer,
        federation=charter.federation,
        method=method,
        destination=destination,
        officer=OFFICER,
        body=body,
        charter_version=charter.version,
        now=clock.now(),
    )


def hand_in(servers: SealServers, acceptance: Envelope) -> None:
    """Hand an acceptance to a gateway, as the node would that wants it to be believed."""
    page = heads_pb2.AcceptancePage(acceptances=[acceptance])
    envelope = statement(servers, NODE, HAND_IN_ACCEPTANCE, ANY_GATEWAY, page.SerializeToString())
    charter, party = servers.federation.charter(), servers.federation.party(NODE)
    [gateway] = [each for each in charter.gateways if str(each.installation) == GATEWAY]
    with (
        understood(),
        channel(
            gateway.endpoint,
            server=gateway.installation,
            charter=charter,
            certificate=party.certificate,
            key=party.key,
        ) as line,
    ):
        stub = heads_pb2_grpc.HeadServiceStub(line)
        stub.HandInAcceptance(heads_pb2.HandInAcceptanceRequest(envelope=envelope))


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


def test_notices_that_the_node_lost_are_delivered_again(servers: SealServers, tmp_path: Path) -> None:
    police = "police/node/police-1"
    old = copied(servers, police, tmp_path / "old")
    await_complete_answer(servers)
    someone = Someone()
    [sent] = servers.of("court").notices.submit([judgment(someone)])
    assert sent.stage == notice_pb2.NOTICE_STAGE_ACCEPTED
    await_finding(servers, someone, ("RECORD", "COMPLETE"))

    put_back(servers, police, old, head_file=True)
    assert outcome(asked(servers, someone), "police-1") == (query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)
    # Meanwhile it goes on taking notices, and others' seals.
    servers.of("court").notices.submit([judgment(Someone())])
    wait_for(lambda: entered(servers, police) == 1, what="a notice that a node enters whose log went back")
    servers.enter("procuratorate", sealed_record()[1])
    taken = "SELECT count(*) FROM sealing_proposal WHERE node = 'police-1' AND acknowledged = 1"
    wait_for(lambda: servers.read(GATEWAY, taken), what="a seal that it acknowledges")

    accept(servers, "police")
    await_finding(servers, someone, ("RECORD", "COMPLETE"))
    [accepted] = [body for body in entries(servers, GATEWAY) if body["kind"] == "log_accepted"]
    assert sent.notice.hex() in accepted["notices"]  # type: ignore[operator]
    wait_for(lambda: entered(servers, police) == 2, what="the notice that was lost, entered again")


def entered(servers: SealServers, name: str) -> int:
    """Return how many records a node has entered."""
    return sum(body["kind"] == "entered" for body in entries(servers, name))
