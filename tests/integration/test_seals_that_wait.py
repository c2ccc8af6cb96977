"""A question that begins after a seal discloses the record at no holder, and nobody else waits for seals (R45).

The procuratorate holds an open copy of what the police seal. Background threads are kept from their next step, so
that everything that keeps the promise is done by the question itself; on a quick machine the same happens by chance.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

import pytest

import gateway.asking.link
import gateway.asking.links
import gateway.sealing.sweeping
from federation.v1 import (
    identity_pb2,
    query_pb2,
    record_pb2,
)
from federation.values.tokens import identifier_digest
from tests.support.federation import GATEWAY
from tests.support.records import MINOR, Someone, case_number, open_record, record, without
from tests.support.seal_servers import (
    SECONDS,
    SealServers,
    by_name,
    finding,
    seal_servers,
)
from tests.support.seals import young_and_grown
from tests.support.seals_on_their_way import HOLDER, NOTHING, await_settled, copy_at_the_holder, slow
from tests.support.waiting import wait_for

RULING = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_RULING, reference="（2026）京0105刑再1号", issuer="北京市朝阳区人民法院"
)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    with seal_servers(tmp_path_factory.mktemp("seals")) as running:
        yield running


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
