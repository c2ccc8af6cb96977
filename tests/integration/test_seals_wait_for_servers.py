"""A seal holds while a server is suspended, stopped, restored, broken or of an earlier program (R7, R45).

The procuratorate holds an open copy of what the police seal; background threads are kept from their next step.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway.asking.link
import gateway.asking.links
import gateway.sealing.sweeping
import node.sealing.concerning
import node.sealing.holding
import node.sealing.servicer
from federation.charter.model import InstallationState
from federation.errors import CannotAccount, Unavailable
from federation.v1 import (
    envelope_pb2,
    query_pb2,
    sealing_pb2,
    sealing_pb2_grpc,
)
from tests.support.federation import GATEWAY
from tests.support.records import Someone, disagreeing, open_record, sealed_record
from tests.support.seal_servers import (
    SealServers,
    await_complete_answer,
    finding,
    seal_servers,
)
from tests.support.seals_on_their_way import HOLDER, NOTHING, await_settled, copy_at_the_holder, slow
from tests.support.waiting import wait_for

POLICE, PROCURATORATE = "police/node/police-1", "procuratorate/node/procuratorate-1"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    with seal_servers(tmp_path_factory.mktemp("seals")) as running:
        yield running


def test_r45_a_page_that_cannot_be_asked_for_again_is_discarded(
    servers: SealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone, young, _ = copy_at_the_holder(servers)

    def full(*_: object) -> None:
        raise CannotAccount("the disk is full")

    with slow(servers, handing_over=True):
        servers.enter("police", young)
        with monkeypatch.context() as patch:
            patch.setattr(node.sealing.holding.ProposalHolder, "hold", full)
            answer = servers.ask(someone.subject())
        assert finding(answer) == ("UNDECIDED", "PARTIAL")
        assert not answer.convictions
        outcomes = {o.node: (o.outcome, o.reason) for o in answer.outcomes}
        assert outcomes[HOLDER] == (query_pb2.OUTCOME_UNREACHABLE, "UNAVAILABLE")
        assert HOLDER not in {e.node for e in answer.evidence}
        assert finding(servers.ask(someone.subject())) == NOTHING
    await_settled(servers)


def test_r45_a_node_suspended_is_awaited_and_holds_before_it_is_asked_again(servers: SealServers) -> None:
    someone, young, _ = copy_at_the_holder(servers)
    servers.set_state(PROCURATORATE, InstallationState.SUSPENDED)
    wait_for(
        lambda: finding(servers.ask(someone.subject()))[1],
        lambda seen: seen == "PARTIAL",
        what="a partial answer",
    )
    servers.enter("police", young)
    wait_for(
        lambda: (servers.waiting(HOLDER), servers.waiting("justice-1")),
        lambda waiting: waiting[0] > 0 and waiting[1] == 0,
        what="proposals for the suspended holder alone",
    )
    with slow(servers):
        servers.set_state(PROCURATORATE, InstallationState.ACTIVE)
        answers = []

        def complete() -> bool:
            answers.append(finding(servers.ask(someone.subject())))
            return answers[-1][1] == "COMPLETE"

        wait_for(complete, what="a complete answer")
    assert "RECORD" not in {found for found, _ in answers}
    assert answers[-1] == NOTHING
    await_settled(servers)


def test_r7_while_the_sealing_node_is_gone_the_answer_is_partial_and_names_it(servers: SealServers) -> None:
    someone, young, _ = copy_at_the_holder(servers)
    with slow(servers, handing_over=True):
        servers.enter("police", young)
        servers.stop(POLICE)
        answer = servers.ask(someone.subject())
        assert answer.completeness == query_pb2.COMPLETENESS_PARTIAL
        assert {o.outcome for o in answer.outcomes if o.node == "police-1"} == {query_pb2.OUTCOME_UNREACHABLE}
        servers.start(POLICE)
        answers = []

        def complete() -> bool:
            answers.append(finding(servers.ask(someone.subject())))
            return answers[-1][1] == "COMPLETE"

        wait_for(complete, what="a complete answer")
        assert answers[-1] == NOTHING
    await_settled(servers)


def test_a_node_that_adds_what_does_not_hold_has_not_answered(
    servers: SealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone, made = open_record("procuratorate")
    servers.enter("procuratorate", made)
    about = node.sealing.concerning.SpreadingSeals.about
    with slow(servers, handing_over=True):
        servers.enter("police", sealed_record("police")[1])

        def forged(self: object, digests: object) -> list[object]:
            unsigned = envelope_pb2.Envelope(payload_type="x")
            return [*about(self, digests), sealing_pb2.Proposed(node=unsigned)]  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(node.sealing.concerning.SpreadingSeals, "about", forged)
            answer = servers.ask(someone.subject())
        outcomes = {o.node: (o.outcome, o.reason) for o in answer.outcomes}
        assert outcomes["police-1"] == (query_pb2.OUTCOME_UNREACHABLE, "MALFORMED_ANSWER")
        assert answer.completeness == query_pb2.COMPLETENESS_PARTIAL
        assert answer.finding == query_pb2.FINDING_RECORD, "the others' answers hold"
    await_settled(servers)


def test_a_node_of_an_earlier_program_costs_one_warning(
    servers: SealServers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        node.sealing.servicer.SealingServicer,
        "ListSpreading",
        sealing_pb2_grpc.SealingServiceServicer.ListSpreading,
    )
    restart(servers, POLICE, GATEWAY)
    for _ in range(5):
        assert finding(servers.ask(Someone().subject())) == NOTHING
    messages = [r.getMessage() for r in caplog.records if "runs an earlier program" in r.getMessage()]
    assert messages == ["police-1 runs an earlier program: it does not list what it has sealed"]
    monkeypatch.undo()
    restart(servers, POLICE, GATEWAY)


def restart(servers: SealServers, *names: str) -> None:
    for name in names:
        servers.stop(name)
        servers.start(name)
    await_complete_answer(servers)


def test_a_line_that_breaks_and_a_second_asking_share_their_attempts(
    servers: SealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts that disagree are withheld here, and the holders asked again: also when a line broke the first time."""
    someone, heavy, adult = disagreeing()
    for agency, made in (("police", heavy), ("procuratorate", adult)):
        servers.enter(agency, made)
    exchange, broken = gateway.asking.link._Stream.exchange, set[int]()

    async def breaking(self: gateway.asking.link._Stream, request: object) -> object:
        response = await exchange(self, request)  # type: ignore[arg-type]
        if len(broken) < 4 and id(self) not in broken:
            broken.add(id(self))
            raise Unavailable("the line broke after the node had answered")
        return response

    monkeypatch.setattr(gateway.asking.link._Stream, "exchange", breaking)
    answer = servers.ask(someone.subject())
    assert len(broken) == 4
    assert [(o.outcome, o.reason) for o in answer.outcomes] == [(query_pb2.OUTCOME_NONE, "")] * 4
    assert finding(answer) == NOTHING


def test_r45_a_gateway_restored_from_an_old_copy_first_takes_what_spreads(
    servers: SealServers, tmp_path: Path
) -> None:
    someone, young, _ = copy_at_the_holder(servers)
    servers.stop(GATEWAY)
    servers.copy_store(GATEWAY, tmp_path / "old")
    servers.start(GATEWAY)
    await_complete_answer(servers)
    with slow(servers):
        servers.enter("police", young)
        handed = "SELECT count(*) FROM sealing_pending"
        wait_for(lambda: servers.waiting(HOLDER), lambda seen: seen > 0, what="a proposal for the holder")
        wait_for(
            lambda: servers.read(POLICE, handed),
            lambda seen: seen == 0,
            what="the police to have handed everything over",
        )
        servers.stop(GATEWAY)
        servers.restore_store(GATEWAY, tmp_path / "old")
        servers.start(GATEWAY)
        answers = []

        def complete() -> bool:
            answers.append(finding(servers.ask(someone.subject())))
            return answers[-1][1] == "COMPLETE"

        wait_for(complete, what="a complete answer", passing=Exception)  # where it listens is not known yet
        assert answers[-1] == NOTHING
        assert "RECORD" not in {found for found, _ in answers}
    await_settled(servers)
