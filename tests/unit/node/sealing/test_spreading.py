"""One node's part when seals spread (R45): what it makes, whom it awaits, what it holds, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.v1 import record_pb2, sealing_pb2
from federation.values.tokens import subject_digests
from node.register.entering import Registrar
from node.sealing import spreading_store
from node.sealing.ordering import SealOrders
from node.sealing.welcoming import Welcome
from node.store import schema
from tests.support.federation import GATEWAY
from tests.support.records import MINOR, Someone, record, sealed_record
from tests.support.register import NODE, act
from tests.support.sealing_node import OTHER, Node

RULING = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_RULING, reference="（2026）京0105刑再1号", issuer="北京市朝阳区人民法院"
)


SIX_YEARS = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def subject(someone: Someone) -> list[bytes]:
    return [d for each in subject_digests(someone.subject()) for d in each]


def unsealing(record_id: str, version: int) -> sealing_pb2.Unsealing:
    return sealing_pb2.Unsealing(
        record_id=record_id,
        expected_version=version,
        ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
        combined_penalty=SIX_YEARS,
        instrument=RULING,
        reason="再审改判",
    )


def test_r45_a_seal_spreads_until_every_node_and_every_gateway_has_it(node: Node) -> None:
    someone, made = sealed_record("police")
    assert not node.spreading.anything()
    node.enter(made)
    assert node.spreading.anything(), "from the commit on, before any proposal is made"
    [early] = node.spreading.about(subject(someone))
    assert sorted(early.awaited) == ["police-1", "procuratorate-1"]
    [proposal] = node.handed()
    node.acknowledged(proposal, str(NODE))
    assert [list(each.awaited) for each in node.spreading.about(subject(someone))] == [["procuratorate-1"]]
    node.acknowledged(proposal, OTHER)
    assert not node.spreading.anything()
    assert node.spreading.about(subject(someone)) == []
    assert node.counted(schema.sealing_spreading) == 0, "nothing lists the person any longer"


def test_r45_a_seal_that_no_gateway_has_taken_spreads_though_every_node_has_acknowledged(node: Node) -> None:
    someone, made = sealed_record("police")
    node.enter(made)
    while node.outbox.make():
        pass
    [waiting] = node.outbox.page_for(GATEWAY).proposed
    node.acknowledged(sealing_pb2.SealingProposal.FromString(waiting.node.payload), str(NODE), OTHER)
    assert node.spreading.anything()
    assert len(node.spreading.about(subject(someone))) == 1
    node.handed()
    assert not node.spreading.anything()


def test_r45_what_spreads_about_others_is_not_given_out(node: Node) -> None:
    node.enter(sealed_record("police")[1])
    assert node.spreading.about(subject(Someone())) == []


def test_r45_many_seals_about_one_name_go_with_its_answer_up_to_one_too_many(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = Someone(name="张三丰", born=MINOR)
    for _ in range(70):  # namesakes, born on the same day
        node.enter(record(Someone(name=someone.name, born=MINOR), "police"))
    assert len(node.spreading.about(subject(someone))) == 70
    monkeypatch.setattr(spreading_store, "_KEYS", spreading_store._KEYS.limit(9))
    assert len(node.spreading.about(subject(someone))) == 9, "more are not read"


def test_r45_a_gateway_that_starts_takes_what_is_awaited_page_by_page(node: Node) -> None:
    for _ in range(3):
        node.enter(sealed_record("police")[1])
    handed = node.handed()
    first, last = node.spreading.page(sealing_pb2.SpreadingQuery(limit=2), act())
    rest, end = node.spreading.page(sealing_pb2.SpreadingQuery(after=last, limit=2), act())
    listed = [sealing_pb2.SealingProposal.FromString(p.node.payload).proposal_id for p in (*first, *rest)]
    assert sorted(listed) == sorted(p.proposal_id for p in handed)
    assert not end
    for proposal in handed:
        node.acknowledged(proposal, str(NODE), OTHER)
    assert node.spreading.page(sealing_pb2.SpreadingQuery(limit=2), act()) == ([], "")


def test_r45_a_withdrawal_that_was_sent_is_never_taken_back_by_sealing_again(node: Node) -> None:
    """The reply to the withdrawal is lost and the record sealed again: holders would pass the old id over."""
    _, made = sealed_record("police")
    receipt = node.enter(made)
    [first] = node.handed()
    ordering = SealOrders(register=node.register, at_exactly_five=lambda: False)
    unsealed = ordering.unseal(unsealing(receipt.record_id, 1), act())
    while node.outbox.make():
        pass
    [sent] = node.outbox.page_for(GATEWAY).proposed  # sent, and the reply lost
    assert sealing_pb2.SealingProposal.FromString(sent.node.payload).withdraws == first.proposal_id
    sealing = sealing_pb2.Sealing(
        record_id=receipt.record_id, expected_version=unsealed.version, instrument=RULING, reason="封存"
    )
    ordering.seal(sealing, act())
    again = node.handed()
    assert [p.withdraws for p in again if p.withdraws] == [first.proposal_id], "sent until it is taken"
    [second] = [p for p in again if not p.withdraws]
    assert second.proposal_id != first.proposal_id
    assert node.handed() == []


def test_r45_what_people_sealed_goes_before_what_an_import_sealed(node: Node) -> None:
    page = [sealed_record("police")[1] for _ in range(5)]
    Registrar(register=node.register).enter(page, act())
    _, made = sealed_record("police")
    node.enter(made)
    while node.outbox.make():
        pass
    assert [each.urgent for each in node.outbox.page_for(GATEWAY).proposed] == [True, *[False] * 5]


def test_r45_only_a_node_that_is_new_is_sent_what_was_sealed_before(node: Node) -> None:
    welcome = Welcome(node.journal)
    welcome.greet(node.federation.charter())
    someone, made = sealed_record("police")
    node.enter(made)
    [proposal] = node.handed()
    node.acknowledged(proposal, str(NODE), OTHER)
    with node.journal.engine.begin() as connection:  # as before the procuratorate joined
        for table in (schema.sealing_told, schema.sealing_acknowledgement):
            connection.execute(table.delete().where(table.c.node == "procuratorate-1"))
    Welcome(node.journal).greet(node.federation.charter())
    node.outbox.make()
    assert [list(each.awaited) for each in node.spreading.about(subject(someone))] == [["procuratorate-1"]]
