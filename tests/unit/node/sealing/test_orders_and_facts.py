"""An order on sealing rests on facts and on a person: when they change, by whomever, the rule judges anew (R40)."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.law import orders
from federation.v1 import identity_pb2, notice_pb2, query_pb2, registry_pb2, sealing_pb2
from federation.v1 import record_pb2 as pb
from federation.values.identity import MemberId
from node.identity.splitting import of_another, order_after_split
from node.intake.effects import Effects
from node.intake.matching import by_id, candidates
from node.register.correcting import RecordCorrections
from node.sealing.ordering import SealOrders
from node.store.reading import open_reader
from server.journal.journal import Journal
from tests.support.records import MINOR, Someone, record, sealed_record
from tests.support.register import NEW, OLD, RegisterUnderTest, act
from tests.unit.node.sealing.test_resealing import spanning

SIX_YEARS = pb.Penalty(kind=pb.PENALTY_KIND_FIXED_TERM, months=72)
RULING = pb.Instrument(kind=pb.INSTRUMENT_KIND_RULING, reference="再审1号", issuer="某区人民法院")


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    return RegisterUnderTest(tmp_path)


def unsealed(register: RegisterUnderTest, made: pb.Record) -> bytes:
    """Enter a sealed record and unseal it on a ground; return its id."""
    receipt = register.enter(made)
    SealOrders(register=register.shared(), at_exactly_five=lambda: False).unseal(
        sealing_pb2.Unsealing(
            record_id=receipt.record_id,
            expected_version=1,
            ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
            combined_penalty=SIX_YEARS,
            instrument=RULING,
            reason="再审改判",
        ),
        act(),
    )
    assert register.statuses() == {"OPEN": 1}
    return bytes.fromhex(receipt.record_id)


def noticed(register: RegisterUnderTest, record_id: bytes, notice: notice_pb2.Notice) -> None:
    shared = register.shared()
    effects = Effects(register=shared, own=MemberId("police"))

    def command(work: object) -> None:
        match = by_id(work.view, shared, record_id)  # type: ignore[attr-defined]
        assert match is not None
        effects.apply_to(work, match, notice, act(), shared.now())  # type: ignore[arg-type]

    journal: Journal = shared.journal
    journal.run(command)


def amended(ruled: pb.Record, reason: str) -> notice_pb2.Notice:
    """Return a court's notice that a retrial has changed the judgment into `ruled`."""
    return notice_pb2.Notice(
        kind=notice_pb2.NOTICE_KIND_RETRIAL_CHANGE,
        retrial=notice_pb2.RETRIAL_OUTCOME_AMENDED,
        record=ruled,
        reason=reason,
    )


def test_r40_a_courts_notice_that_changes_the_facts_ends_an_unsealing(register: RegisterUnderTest) -> None:
    someone, made = sealed_record("police", months=48)
    record_id = unsealed(register, made)
    ruled = record(someone, "police", number=made.judgment_number.original, months=50)
    notice = amended(ruled, "再审改判")
    noticed(register, record_id, notice)
    assert register.statuses() == {"SEALED": 1}


def test_r40_a_courts_notice_that_leaves_the_facts_leaves_an_unsealing(register: RegisterUnderTest) -> None:
    someone, made = sealed_record("police", months=48)
    record_id = unsealed(register, made)
    ruled = record(someone, "police", number=made.judgment_number.original, months=48, offence="抢劫罪")
    notice = amended(ruled, "更正罪名")
    noticed(register, record_id, notice)
    assert register.statuses() == {"OPEN": 1}


def test_r34_a_courts_notice_leaves_former_names_and_numbers_with_the_record(
    register: RegisterUnderTest,
) -> None:
    someone, before = Someone(), Someone(name="李四光")
    made = record(someone, "police")
    made.person.names.add(kind=pb.NAME_KIND_FORMER, text=before.name)
    made.person.identifiers.add(
        type=pb.IDENTIFIER_TYPE_CITIZEN_ID,
        number=before.number,
        verification=pb.VERIFICATION_VERIFIED,
        former=True,
    )
    record_id = bytes.fromhex(register.enter(made).record_id)
    assert register.look_up(before.subject()).outcome == query_pb2.OUTCOME_MATCH
    ruled = record(someone, "police", number=made.judgment_number.original, months=40)
    notice = amended(ruled, "再审改判")
    noticed(register, record_id, notice)
    found = register.look_up(before.subject())
    assert found.outcome == query_pb2.OUTCOME_MATCH, "the court names the person as he is called now"
    assert found.facets[0].record.combined_penalty.months == 40


def test_r40_a_correction_to_another_persons_number_ends_an_unsealing(register: RegisterUnderTest) -> None:
    _, made = sealed_record("police", months=48)
    record_id = unsealed(register, made)
    other = record(Someone(born=MINOR), "police", number=made.judgment_number.original, months=48)
    amendment = registry_pb2.Amendment(
        record_id=record_id.hex(), expected_version=2, record=other, reason="号码有误"
    )
    RecordCorrections(register=register.shared(), others=register.others()).amend(amendment, act())
    assert register.statuses() == {"SEALED": 1}


def test_r40_a_number_under_another_kind_of_document_is_no_other_person(register: RegisterUnderTest) -> None:
    """Else mending the kind would end what people have ordered, or be a ground to open a sealed record."""
    _, made = sealed_record("police", months=48)
    record_id = unsealed(register, made)
    made.person.identifiers[0].type = pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT
    amendment = registry_pb2.Amendment(
        record_id=record_id.hex(), expected_version=2, record=made, reason="证件种类有误"
    )
    RecordCorrections(register=register.shared(), others=register.others()).amend(amendment, act())
    assert register.statuses() == {"OPEN": 1}


@pytest.mark.parametrize(
    ("kind", "proposer", "after"),
    [
        (registry_pb2.SEALING_ORDER_KIND_UNSEALED, "", orders.OrderState.NONE),
        (registry_pb2.SEALING_ORDER_KIND_OF_AGE, "", orders.OrderState.NONE),
        (registry_pb2.SEALING_ORDER_KIND_HELD, "justice/node/justice-1", orders.OrderState.NONE),
        (registry_pb2.SEALING_ORDER_KIND_HELD, "", orders.OrderState.NONE),
        (registry_pb2.SEALING_ORDER_KIND_SEALED, "", orders.OrderState.IN_DOUBT),
    ],
)
def test_r47_no_order_about_the_victim_passes_to_the_true_offender(
    kind: registry_pb2.SealingOrderKind.ValueType, proposer: str, after: orders.OrderState
) -> None:
    """The true offender's record is judged by the rule; what people sealed of the victim's is put before a person."""
    before = registry_pb2.RecordEvent(record=record(Someone(born=MINOR), "police"))
    before.order.kind, before.order.proposer = kind, proposer
    offender = record(Someone(born=MINOR), "police").person
    assert of_another(before.record, identity_pb2.Split(offender=offender)).person == offender
    assert orders.state_of(order_after_split(before, act(), "2026-01-01T00:00:00.000000Z")) is after


def test_a14_a_candidate_of_a_notice_is_open_by_todays_profile_too(register: RegisterUnderTest) -> None:
    register.profile = NEW
    made = spanning(pb.MAIN_ACTS_NO)
    receipt = register.enter(made)
    notice = notice_pb2.Notice(kind=notice_pb2.NOTICE_KIND_RELEASE, person=made.person)
    reader = open_reader(register.journal.engine, register.shared().sealer.open_vault)
    [candidate] = candidates(reader, register.shared(), notice)
    assert candidate.record_id == receipt.record_id
    register.profile = OLD  # by which the same record is withheld; no run over all records has moved it yet
    assert register.statuses() == {"OPEN": 1}
    assert candidates(reader, register.shared(), notice) == []
    with register.journal.reading() as connection:
        match = by_id(connection, register.shared(), bytes.fromhex(receipt.record_id))
    assert match is not None
    shared = register.shared()
    chosen = register.journal.run(lambda work: match.open_today(work, shared)).value
    assert not chosen, "nor may an officer choose it"
