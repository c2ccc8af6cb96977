"""The agency of a node whose log went back accepts the loss; nobody else can, and only then does it answer again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from certs import charter_files
from federation.charter.envelope import GATEWAY as ANY_GATEWAY
from federation.charter.envelope import make_statement
from federation.charter.model import InstallationState
from federation.client import Client, Connection, Credentials
from federation.errors import BadEnvelope, OutOfOrder, PermissionDenied, Stale, Unauthenticated
from federation.statements.methods import ACCEPT_LOG, HAND_IN_ACCEPTANCE
from federation.statements.reasons import LOG_WENT_BACK, LOST_HEAD_HIGHER
from federation.transport.status import understood
from federation.transport.tls import channel
from federation.v1 import heads_pb2, heads_pb2_grpc, notice_pb2, query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from tests.support.federation import GATEWAY
from tests.support.local import OFFICER
from tests.support.notices import judgment
from tests.support.records import Someone, open_record, sealed_record
from tests.support.seal_servers import SECOND, SealServers, await_complete_answer, finding, seal_servers
from tests.support.waiting import wait_for
from tests.support.went_back import (
    NAME,
    NODE,
    NOTHING,
    UNDECIDED,
    accept,
    asked,
    await_finding,
    copied,
    entries,
    incidents,
    lost_and_found,
    outcome,
    put_back,
)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[SealServers]:
    with seal_servers(tmp_path, gateways=(GATEWAY, SECOND)) as running:
        yield running


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
