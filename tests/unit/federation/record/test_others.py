"""Which texts of a record may name another person, and what is left of it without them (R41)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from federation.record.extensions import Declarations, Extension, ExtensionType
from federation.record.fields import CO_OFFENDERS
from federation.record.others import (
    REASON,
    carry_over,
    event_without_others,
    facet_without_others,
    may_name_others,
)
from federation.v1 import record_pb2 as pb
from federation.v1 import registry_pb2
from tests.support.records import Someone, record

OTHER = "杨不悔"
FILE = "cn.example.moj/file"
DECLARED = Declarations({FILE: Extension(FILE, ExtensionType.CODE, frozenset({"case"}), personal=False)})
#: Texts in the own words of whoever wrote them.
FREE = {
    "Instrument.reference",
    "Prohibition.scope",
    "Record.ExtensionsEntry.value",
    "RecordEvent.reason",
    "SealingOrder.objected_because",
}
#: Texts that name one thing by their meaning: the offender, an organ, an officer, a place, a day, a number, a rule.
NAMING = {
    "Court.name", "ExecutionEvent.executor", "ExecutionEvent.on", "Facet.record_id", "Identifier.number",
    "Instrument.issued_on", "Instrument.issuer", "JudgmentNumber.canonical", "JudgmentNumber.original",
    "LateChange.field", "LateChange.node", "LateChange.since", "Name.text",
    "Offence.article", "Offence.conduct_from", "Offence.conduct_to", "Offence.name", "Person.birth_date",
    "Person.household_as_of", "Person.household_division", "Person.nationality", "Prohibition.basis",
    "Prohibition.from", "Prohibition.until", "ProsecutingParty.private_prosecutor",
    "ProsecutingParty.procuratorate", "Provenance.entered_at", "Provenance.installation", "Provenance.officer",
    "Provenance.organ", "Record.ExtensionsEntry.key", "Record.final_on", "Record.pronounced_on", "Record.served_on",
    "SealingOrder.because", "SealingOrder.objected_at", "SealingOrder.objected_by", "SealingOrder.ordered_at",
    "SealingOrder.ordered_by", "SealingOrder.proposal_id", "SealingOrder.proposer", "Unknown.field",
}  # fmt: skip
#: Of decisions of the other classes, which have no judgment; links to other stores are in no answer (R65).
ELSEWHERE = ("OrganDecision.", "StoreLink.", "Sanction")


def texts(message: Descriptor, seen: set[str]) -> Iterator[str]:
    if message.full_name in seen:
        return
    seen.add(message.full_name)
    for field in message.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            yield field.full_name.removeprefix("federation.v1.")
        elif field.message_type is not None:
            yield from texts(field.message_type, seen)


def test_every_text_of_a_record_and_its_history_is_known_to_name_one_thing_or_to_be_free() -> None:
    found = {*texts(pb.Facet.DESCRIPTOR, set()), *texts(registry_pb2.RecordEvent.DESCRIPTOR, set())}
    assert {name for name in found if not name.startswith(ELSEWHERE)} == FREE | NAMING


def facet() -> pb.Facet:
    made = record(Someone())
    made.extensions[CO_OFFENDERS] = OTHER
    made.extensions[FILE] = "A-17"
    made.extensions["cn.example.moj/undeclared"] = OTHER
    made.instrument.reference = f"张三丰、{OTHER}盗窃案"
    return pb.Facet(record=made, provenance=pb.Provenance(instrument=made.instrument))


def test_r41_a_facet_keeps_what_names_nobody_else() -> None:
    shown = facet()
    assert may_name_others(shown, DECLARED)
    facet_without_others(shown, DECLARED)
    assert OTHER.encode() not in shown.SerializeToString()
    assert dict(shown.record.extensions) == {FILE: "A-17"}
    number = shown.record.judgment_number.original
    assert shown.record.instrument.reference == shown.provenance.instrument.reference == number
    assert not may_name_others(shown, DECLARED)


def test_r41_under_a_silent_charter_every_addition_may_name_somebody() -> None:
    shown = facet()
    facet_without_others(shown, Declarations())
    assert not shown.record.extensions


def test_r41_a_version_of_the_history_keeps_neither_reason_nor_objection_in_own_words() -> None:
    shown = facet()
    event = registry_pb2.RecordEvent(
        record=shown.record,
        provenance=shown.provenance,
        content_provenance=shown.provenance,
        reason=f"{OTHER}的笔录",
        order=registry_pb2.SealingOrder(
            instrument=shown.record.instrument, objected_because=f"{OTHER}已成年", because="RETRIAL"
        ),
    )
    event_without_others(event, DECLARED)
    assert OTHER.encode() not in event.SerializeToString()
    assert (event.reason, event.order.because) == (REASON, "RETRIAL")
    first = registry_pb2.RecordEvent(record=shown.record)
    event_without_others(first, DECLARED)
    assert not first.reason, "an entry has no reason to replace"


@pytest.mark.parametrize("reference", ["（2019）京0105刑初70001号", "(2019)京0105刑初70001号", ""])
def test_r41_a_document_that_is_named_by_a_number_names_nobody(reference: str) -> None:
    made = record(Someone())
    made.instrument.reference = reference
    assert not may_name_others(pb.Facet(record=made), DECLARED)


def test_r41_what_an_officer_was_not_shown_is_carried_over_and_the_rest_is_as_amended() -> None:
    before, after = facet().record, record(Someone())
    after.extensions[CO_OFFENDERS] = "无"
    carry_over(before, after, DECLARED)
    assert dict(after.extensions) == {CO_OFFENDERS: "无", "cn.example.moj/undeclared": OTHER}


def test_r41_of_two_orders_the_one_that_is_left_names_whom_it_named() -> None:
    before = record(Someone())
    for months, scope in ((12, "接触甲"), (24, "接触乙")):
        before.prohibitions.add(kind=pb.PROHIBITION_KIND_ORDER, scope=scope, months=months)
    shown = pb.Facet(record=before)
    facet_without_others(shown, DECLARED)
    del shown.record.prohibitions[0]
    carry_over(before, shown.record, DECLARED)
    assert [(each.scope, each.months) for each in shown.record.prohibitions] == [("接触乙", 24)]


def test_r41_the_title_of_a_paper_comes_back_unless_there_is_another_paper() -> None:
    """It may name the other trial, which nothing else links with the record."""
    before = record(Someone())
    before.instrument.reference = title = f"{OTHER}另案判决书（2019）京0105刑初70002号"
    shown = pb.Facet(record=before)
    facet_without_others(shown, DECLARED)
    another = pb.Record()
    another.CopyFrom(shown.record)
    another.instrument.issuer = "北京市第三中级人民法院"
    for after, reference in ((shown.record, title), (another, before.judgment_number.original)):
        carry_over(before, after, DECLARED)
        assert after.instrument.reference == reference


def test_r41_an_order_not_to_meet_a_person_is_closed_and_comes_back() -> None:
    before = record(Someone())
    for kind, scope in (
        (pb.PROHIBITION_KIND_ORDER, f"接触{OTHER}"),
        (pb.PROHIBITION_KIND_OCCUPATION, "医师"),
    ):
        before.prohibitions.add(kind=kind, scope=scope, months=36)
    shown = pb.Facet(record=before)
    assert may_name_others(shown, DECLARED)
    facet_without_others(shown, DECLARED)
    assert [each.scope for each in shown.record.prohibitions] == ["见判决", "医师"]
    assert not may_name_others(shown, DECLARED), "nothing is left to close"
    shown.record.prohibitions[0].months = 24
    carry_over(before, shown.record, DECLARED)
    assert [(each.scope, each.months) for each in shown.record.prohibitions] == [
        (f"接触{OTHER}", 24),
        ("医师", 36),
    ]
