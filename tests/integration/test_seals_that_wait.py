"""A question that begins after a seal discloses the record at no holder, and nobody else waits for seals (R45).

The procuratorate holds an open copy of what the police seal. Background threads are kept from their next step, so
that everything that keeps the promise is done by the question itself; on a quick machine the same happens by chance.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
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
    identity_pb2,
    query_pb2,
    record_pb2,
    registry_pb2,
    sealing_pb2,
    sealing_pb2_grpc,
)
from federation.values.tokens import identifier_digest
from tests.support.federation import GATEWAY
from tests.support.records import MINOR, Someone, case_number, open_record, record, sealed_record, without
from tests.support.seal_servers import (
    SECONDS,
    SealServers,
    await_complete_answer,
    by_name,
    finding,
    seal_servers,
)
from tests.support.seals import young_and_grown
from tests.support.waiting import wait_for

POLICE, PROCURATORATE = "police/node/police-1", "procuratorate/node/procuratorate-1"
HOLDER = "procuratorate-1"
NOTHING = ("NO_RECORD", "COMPLETE")
RULING = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_RULING, reference="（2026）京0105刑再1号", issuer="北京市朝阳区人民法院"
)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    with seal_servers(tmp_path_factory.mktemp("seals")) as running:
        yield running


@contextmanager
def slow(servers: SealServers, *, deliveries: bool = True, handing_over: bool = False) -> Iterator[None]:
    """Keep the gateway from delivering to the procuratorate, and the nodes from handing over to the gateway."""
    if deliveries:
        servers.slowed.to_nodes.add(HOLDER)
    if handing_over:
        servers.slowed.to_gateways.add(GATEWAY)
    try:
        yield
    finally:
        servers.slowed.end()


def copy_at_the_holder(servers: SealServers) -> tuple[Someone, record_pb2.Record, registry_pb2.Receipt]:
    """Enter an open copy; return the person, what the police will enter, and the copy's receipt."""
    someone, young, grown = young_and_grown()
    receipt = servers.enter("procuratorate", grown)
    assert finding(servers.ask(someone.subject())) == ("RECORD", "COMPLETE")
    return someone, young, receipt


def await_settled(servers: SealServers) -> None:
    """Wait until nothing waits for the holder and no mark is kept."""
    wait_for(
        lambda: (servers.waiting(HOLDER), servers.marks()),
        lambda left: left == (0, 0),
        what="no proposal for the holder and no mark",
    )


def test_r45_only_the_seals_of_the_person_asked_about_are_delivered_first(servers: SealServers) -> None:
    someone, young, receipt = copy_at_the_holder(servers)
    other, made = open_record("police")
    servers.enter("police", made)
    with slow(servers):
        before = servers.waiting(HOLDER)
        for made in (young, record(Someone(name="李四光", born=MINOR), "police")):
            servers.enter("police", made)
        wait_for(lambda: servers.waiting(HOLDER), lambda seen: seen == before + 2, what="both proposals")
        assert finding(servers.ask(Someone().subject())) == NOTHING
        assert finding(servers.ask(other.subject())) == ("RECORD", "COMPLETE")
        assert servers.waiting(HOLDER) == before + 2, "what waits for others is no matter of theirs"
        assert finding(servers.ask(someone.subject())) == NOTHING
        assert servers.waiting(HOLDER) == before + 1
    assert servers.hidden("procuratorate", receipt.record_id)
    await_settled(servers)


def test_r45_a_seal_that_no_gateway_has_yet_comes_with_the_sealing_nodes_page(servers: SealServers) -> None:
    someone, young, _ = copy_at_the_holder(servers)
    with slow(servers, handing_over=True):
        servers.enter("police", young)
        assert finding(servers.ask(someone.subject())) == NOTHING
    await_settled(servers)


def test_r45_a_question_by_name_only_is_held_against_the_numbers_that_it_finds(servers: SealServers) -> None:
    someone, young, grown = young_and_grown()
    servers.enter("procuratorate", grown)
    asked = query_pb2.Subject(name=someone.name, birth_date=grown.person.birth_date)
    assert finding(servers.ask(asked))[0] == "CONFIRM_IDENTITY"
    with slow(servers, handing_over=True):
        servers.enter("police", young)
        assert servers.hidden("procuratorate", "00" * 16)
        answer = servers.ask(asked)
    outcomes = {o.node: (o.outcome, o.reason) for o in answer.outcomes}
    assert answer.completeness == query_pb2.COMPLETENESS_COMPLETE
    wait_for(lambda: servers.waiting(HOLDER), lambda seen: seen == 0, what="the backlog to be taken")
    assert {o.node: (o.outcome, o.reason) for o in servers.ask(asked).outcomes} == outcomes
    await_settled(servers)


def test_r45_a_copy_without_a_number_is_held_by_name_and_birth_date(servers: SealServers) -> None:
    someone, number = Someone(name="欧阳无号", born=MINOR), case_number()
    young = record(someone, "police", number=number)
    bare = without(
        record(someone, "procuratorate", number=number, months=72),
        ["person.identifiers"],
        record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE,
    )
    receipt = servers.enter("procuratorate", bare)
    assert finding(servers.ask(by_name(someone)))[0] == "CONFIRM_IDENTITY"
    with slow(servers, handing_over=True):
        servers.enter("police", young)
        for subject in (by_name(someone), someone.subject()):
            assert finding(servers.ask(subject)) == NOTHING
    assert servers.hidden("procuratorate", receipt.record_id)
    await_settled(servers)


@pytest.mark.parametrize("merged_first", [True, False], ids=["merged before the seal", "merged after it"])
def test_r45_a_copy_under_the_other_number_of_a_merged_person_is_held(
    servers: SealServers, merged_first: bool
) -> None:
    """The police know the second number alone, and only the procuratorate knows that both are one person."""
    first, second, number = Someone(), Someone(born=MINOR), case_number()
    copies = [
        servers.enter("procuratorate", record(first, "procuratorate", number=number)),
        servers.enter("procuratorate", record(second, "procuratorate", months=72)),
    ]
    identities = servers.of("procuratorate").identities(HOLDER)
    seen = [identity_pb2.RecordVersion(record_id=r.record_id, expected_version=r.version) for r in copies]
    merge = partial(
        identities.merge, identity_pb2.Merge(one=seen[0], other=seen[1], reason="指纹一致", instrument=RULING)
    )

    def objections(someone: Someone) -> list[str]:
        answer = servers.ask(someone.subject())
        assert answer.completeness == query_pb2.COMPLETENESS_COMPLETE
        return [c.record.judgment_number.original for c in answer.convictions]

    if merged_first:
        merge()
        assert number in objections(first)
    with slow(servers, handing_over=merged_first, deliveries=merged_first):
        servers.enter("police", record(second, "police", number=number))
        if not merged_first:
            await_settled(servers)
            assert number in objections(first), "nobody knows yet that it is the same person"
            merge()
        for someone in (first, second):
            assert number not in objections(someone)
    assert servers.hidden("procuratorate", copies[0].record_id)
    assert not servers.hidden("procuratorate", copies[1].record_id)


def test_r45_a_page_made_before_the_acknowledgement_is_asked_for_again(
    servers: SealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone, young, _ = copy_at_the_holder(servers)
    arrived, go_on = threading.Event(), threading.Event()
    ask, sweep = gateway.asking.links.NodeLinks.ask, gateway.sealing.sweeping.MarkSweeper.sweep
    swept: list[None] = []

    def counted(self: gateway.sealing.sweeping.MarkSweeper) -> None:
        sweep(self)
        swept.append(None)

    monkeypatch.setattr(gateway.sealing.sweeping.MarkSweeper, "sweep", counted)

    async def held(self: gateway.asking.links.NodeLinks, *asked: object, **terms: object) -> object:
        """Hold the pages of the first asking back when they have arrived."""
        given = await ask(self, *asked, **terms)  # type: ignore[arg-type]
        if not arrived.is_set():
            arrived.set()
            while not go_on.is_set():
                await asyncio.sleep(0.05)
        return given

    answers: list[query_pb2.Answer] = []
    taken = "SELECT count(*) FROM sealing_proposal WHERE node = :node AND acknowledged = 1"
    before = servers.read(GATEWAY, taken, node=HOLDER)
    asking = threading.Thread(target=lambda: answers.append(servers.ask(someone.subject())))
    try:
        with slow(servers, handing_over=True):
            servers.enter("police", young)
            monkeypatch.setattr(gateway.asking.links.NodeLinks, "ask", held)
            asking.start()
            assert arrived.wait(SECONDS)
        # The holder has looked the record up, open; now it takes the seal and acknowledges before its page is used.
        wait_for(
            lambda: servers.read(GATEWAY, taken, node=HOLDER),
            lambda seen: seen > before,
            what="the holder's acknowledgement",
        )
        wait_for(
            lambda: servers.waiting("police-1"), lambda seen: seen == 0, what="an empty queue of the police"
        )
        so_far = len(swept)  # one sweep may be under way: after two more, marks that may go have gone
        wait_for(lambda: len(swept), lambda seen: seen >= so_far + 2, what="two sweeps")
        assert servers.marks() > 0, "a mark stays while a question of before is under way"
    finally:
        go_on.set()
        asking.join(SECONDS)
    assert [finding(answer) for answer in answers] == [NOTHING]
    await_settled(servers)


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
    someone, number = Someone(born=MINOR), case_number()
    heavy = record(someone, "police", number=number, months=72)
    adult = record(someone, "procuratorate", number=number, months=36)
    adult.person.birth_date = "1985-03-04"
    adult.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
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


def test_r45_digests_that_come_with_a_page_are_in_no_answer_and_in_no_file(servers: SealServers) -> None:
    someone, young, _ = copy_at_the_holder(servers)
    with slow(servers, handing_over=True):
        servers.enter("police", young)
        answer = servers.ask(someone.subject())
        digest = identifier_digest(record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, someone.number)
        assert digest not in answer.SerializeToString()
        for file in servers.home(GATEWAY).glob("store.db*"):
            assert digest not in file.read_bytes(), file
            assert digest[:16] not in file.read_bytes(), file
    await_settled(servers)


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
