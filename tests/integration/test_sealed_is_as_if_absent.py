"""A sealed record and no record look the same, everywhere and at once (R39-R45)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from compose.local.layout import Layout, node_installation
from federation.client import CheckedAnswer
from federation.errors import InvalidRequest, NotFound
from federation.evidence.answer_file import document_text, render
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2, registry_pb2
from node.store import schema
from server.journal.engine import open_sqlite
from tests.support import asking, related
from tests.support.local import LocalFederation
from tests.support.records import (
    ADULT,
    MINOR,
    Someone,
    case_number,
    record,
    sealed_record,
    withheld_record,
)

Kind = Callable[..., tuple[Someone, record_pb2.Record]]


def answers(
    federation: LocalFederation, query: Callable[[pb.Subject], pb.Query], someone: Someone
) -> CheckedAnswer:
    return federation.client("police").ask(query(someone.subject()))


def comparable(answered: CheckedAnswer) -> tuple[Any, int, int]:
    document = render(answered.envelope)
    return asking.stripped(document), len(document_text(document).encode()), answered.envelope.ByteSize()


@pytest.mark.parametrize("kind", [sealed_record, withheld_record], ids=["sealed", "withheld"])
@pytest.mark.parametrize("purpose", sorted(asking.UNSEALED))
def test_r41_the_answer_about_a_sealed_person_is_that_about_an_unknown_one(
    running_federation: LocalFederation, purpose: str, kind: Kind
) -> None:
    number = case_number()
    someone, made = kind("police", number=number)
    running_federation.enter("police", made)
    for agency in ("procuratorate", "justice"):
        facet = record(someone, agency, number=number)
        if kind is withheld_record:
            facet.person.CopyFrom(made.person)
            facet.unknowns.add(
                field="person.birth_date", reason=record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE
            )
            if agency == "procuratorate":
                facet.person.household_division = ""
        running_federation.enter(agency, facet)
    query = asking.UNSEALED[purpose]
    unknown = answers(running_federation, query, Someone(name="查无人", born=MINOR))
    sealed = answers(running_federation, query, someone)
    assert sealed.answer.finding in (pb.FINDING_NO_RECORD, pb.FINDING_NO)
    assert sealed.answer.completeness == pb.COMPLETENESS_COMPLETE
    assert comparable(sealed) == comparable(unknown)


RELATED: dict[str, tuple[str, Callable[[Someone], record_pb2.Record]]] = {
    "public order, adult": ("police", related.public_order),
    "public order, minor": ("police", related.public_order),
    "non-prosecution, minor": ("procuratorate", related.non_prosecution),
    "re-education, minor": ("justice", related.reeducation),
}


@pytest.mark.parametrize("kind", sorted(RELATED))
@pytest.mark.parametrize("purpose", [*sorted(asking.UNSEALED), "MIN-62"])
def test_r64_a_person_with_sealed_records_of_other_classes_only_is_as_an_unknown_one(
    running_federation: LocalFederation, purpose: str, kind: str
) -> None:
    """Also under a row that covers the class: its seal is not opened."""
    agency, make = RELATED[kind]
    born = MINOR if kind.endswith("minor") else ADULT
    someone = Someone(name="另类人", born=born)
    made = make(someone)
    if kind.startswith("re-education"):
        made.offences[0].conduct_from = made.offences[0].conduct_to = "2012-01-10"
        made.decision.decided_on = made.instrument.issued_on = "2012-03-01"
    running_federation.enter(agency, made)
    query = asking.UNSEALED.get(purpose) or (lambda subject: asking.public(subject, purpose))
    shown, unknown = (
        comparable(answers(running_federation, query, each))
        for each in (someone, Someone(name="查无人", born=born))
    )
    assert shown == unknown


@pytest.mark.parametrize("purpose", sorted(asking.UNSEALED))
def test_r64_an_open_record_of_another_class_changes_no_criminal_answer(
    running_federation: LocalFederation, purpose: str
) -> None:
    alone, nobody = Someone(name="只有不诉", born=ADULT), Someone(name="查无此人", born=ADULT)
    running_federation.enter("procuratorate", related.non_prosecution(alone))
    running_federation.enter("justice", related.reeducation(alone))
    query = asking.UNSEALED[purpose]
    assert comparable(answers(running_federation, query, alone)) == comparable(
        answers(running_federation, query, nobody)
    )


def test_r39_a_lawyer_is_not_told_of_a_sealed_record(running_federation: LocalFederation) -> None:
    someone, made = sealed_record()
    running_federation.enter("procuratorate", made)
    shown = running_federation.client("justice").ask(asking.defence(someone.subject())).answer
    assert (shown.finding, len(shown.convictions)) == (pb.FINDING_NO_RECORD, 0)


def test_r40_beside_an_open_record_the_sealed_one_is_absent(running_federation: LocalFederation) -> None:
    someone, made = sealed_record()
    running_federation.enter("procuratorate", made)
    later = record(someone)
    later.offences[0].conduct_from = later.offences[0].conduct_to = "2021-01-10"
    later.pronounced_on, later.served_on, later.final_on = "2021-06-03", "2021-06-05", "2021-06-16"
    receipt = running_federation.enter("procuratorate", later)
    answered = answers(running_federation, asking.case, someone)
    assert [(f.record_id) for c in answered.answer.convictions for f in c.facets] == [receipt.record_id]
    assert made.judgment_number.original.encode() not in answered.envelope.payload
    alone = Someone(name="另有人", born=MINOR)
    other = record(alone)
    other.MergeFrom(record_pb2.Record(offences=[]))
    other.offences[0].CopyFrom(later.offences[0])
    other.pronounced_on, other.served_on, other.final_on = (
        later.pronounced_on,
        later.served_on,
        later.final_on,
    )
    running_federation.enter("procuratorate", other)
    assert comparable(answers(running_federation, asking.public, someone)) == comparable(
        answers(running_federation, asking.public, alone)
    )


def test_r40_five_years_are_sealed_and_a_day_more_is_not(running_federation: LocalFederation) -> None:
    findings = []
    for days in (0, 1):
        someone, made = sealed_record(months=60)
        made.combined_penalty.days = made.offences[0].penalty.days = days
        running_federation.enter("procuratorate", made)
        findings.append(answers(running_federation, asking.case, someone).answer.finding)
    assert findings == [pb.FINDING_NO_RECORD, pb.FINDING_RECORD]


def test_r45_a_corrected_birth_date_seals_at_once_everywhere(running_federation: LocalFederation) -> None:
    police = running_federation.client("police")
    someone = Someone(name="小龙女", born=MINOR)
    made = record(someone, "police")
    made.person.birth_date = "1999-03-04"
    made.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    receipt = running_federation.enter("police", made)
    assert answers(running_federation, asking.case, someone).answer.finding == pb.FINDING_RECORD
    assert police.register.show("police-1", receipt.record_id).record.person.birth_date == "1999-03-04"
    open_wrap = _open_wrap(running_federation.layout, receipt.record_id)
    assert open_wrap in _bytes_of(running_federation.layout)

    made.person.birth_date = MINOR.isoformat()
    amended = police.register.amend(
        "police-1",
        registry_pb2.Amendment(
            record_id=receipt.record_id, expected_version=1, record=made, reason="户籍更正出生日期"
        ),
    )
    assert amended.version == 2

    assert answers(running_federation, asking.case, someone).answer.finding == pb.FINDING_NO_RECORD
    for read in (police.register.show, police.register.history):
        with pytest.raises(NotFound) as hidden:
            read("police-1", receipt.record_id)
        with pytest.raises(NotFound) as unknown:
            read("police-1", "00" * 16)
        assert str(hidden.value) == str(unknown.value)
    opened = running_federation.client("procuratorate").ask(asking.sealed_case(someone.subject())).answer
    assert opened.finding == pb.FINDING_RECORD
    assert opened.convictions[0].sealing_status == record_pb2.SEALING_STATUS_SEALED
    assert opened.convictions[0].record.person.birth_date == MINOR.isoformat()
    assert open_wrap not in _bytes_of(running_federation.layout), "the open wrap is still on the disk"
    kinds = [
        e["kind"] for e in running_federation.node_entries("police") if e.get("record") == receipt.record_id
    ]
    assert kinds == ["entered", "shown", "amended", "recalled", "shown", "shown", "resealed"], (
        "events about seals are collected last, when the log is read"
    )


def test_a_sealed_record_that_proves_to_be_an_adults_opens_again(running_federation: LocalFederation) -> None:
    someone, made = sealed_record("police")
    made.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    receipt = running_federation.enter("police", made)
    made.person.birth_date = "1999-03-04"
    made.person.identifiers[0].number = Someone(born=date(1999, 3, 4)).number
    amendment = registry_pb2.Amendment(
        record_id=receipt.record_id, expected_version=1, record=made, reason="骨龄鉴定"
    )
    running_federation.client("police").register.amend("police-1", amendment)
    subject = someone.subject()
    subject.birth_date = "1999-03-04"
    subject.identifiers[0].number = made.person.identifiers[0].number
    answer = running_federation.client("police").ask(asking.case(subject)).answer
    assert answer.finding == pb.FINDING_RECORD


def test_r44_sealed_access_needs_the_undertaking_of_the_officer_who_asks(
    running_federation: LocalFederation,
) -> None:
    client, someone = running_federation.client("procuratorate"), Someone()
    missing = asking.sealed_case(someone.subject())
    missing.ClearField("undertaking")
    empty = asking.sealed_case(someone.subject())
    empty.undertaking.text = ""
    borrowed = asking.sealed_case(someone.subject(), officer="别的警官")
    for query, field in (
        (missing, "undertaking"),
        (empty, "undertaking"),
        (borrowed, "undertaking.signed_by"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            client.ask(query)
        assert (field, "R44") in {(v.field, v.rule) for v in refused.value.violations}


def test_a11_what_another_agency_knows_may_seal_what_one_could_not(
    running_federation: LocalFederation,
) -> None:
    """One agency says adult by its own dates, another that the person was under eighteen: nobody is told."""
    number = case_number()
    someone = Someone(name="年龄不一", born=MINOR)
    older = record(someone, "police", number=number)
    older.person.birth_date = "1999-03-04"
    older.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    running_federation.enter("police", older)
    running_federation.enter("procuratorate", record(someone, number=number))
    answered = answers(running_federation, asking.case, someone)
    # Sealed by the one, it is withheld at the other from the receipt on, until a person has decided (R45).
    assert not answered.answer.convictions


def test_a_receipt_does_not_say_whether_the_record_was_sealed(running_federation: LocalFederation) -> None:
    _, plain = Someone(), record(Someone())
    receipts = [running_federation.enter("procuratorate", m) for m in (plain, sealed_record()[1])]
    assert len({r.ByteSize() for r in receipts}) == 1
    assert {f.name for f, _ in receipts[0].ListFields()} == {f.name for f, _ in receipts[1].ListFields()}


def _open_wrap(layout: Layout, record_id: str) -> bytes:
    engine = open_sqlite(layout.server(node_installation("police")) / "store.db")
    try:
        with engine.connect() as connection:
            found = schema.open_record.select().where(
                schema.open_record.c.record_id == bytes.fromhex(record_id)
            )
            return bytes(connection.execute(found).one().wrapped_key)
    finally:
        engine.dispose()


def _bytes_of(layout: Layout) -> bytes:
    folder = layout.server(node_installation("police"))
    return b"".join(path.read_bytes() for path in sorted(folder.glob("store.db*")))
