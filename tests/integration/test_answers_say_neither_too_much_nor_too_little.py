"""Ways in which an answer once said too much or too little, each tried on the running federation."""

from __future__ import annotations

import pytest

from compose.local.layout import NODES
from federation.errors import InvalidRequest
from federation.evidence.answer_file import document_text, render
from federation.v1 import query_pb2, record_pb2, sealing_pb2
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import MINOR, Someone, case_number, open_record, record, sealed_record


def test_r38_a_private_prosecutor_is_not_told_to_the_lawyer_even_where_agencies_disagree(
    running_federation: LocalFederation,
) -> None:
    someone, number = Someone(), case_number()
    private = record(someone, "police", number=number)
    private.prosecuting_party.private_prosecutor = "李秘密"
    running_federation.enter("police", private)
    running_federation.enter("procuratorate", record(someone, number=number))
    answered = running_federation.client("justice").ask(asking.defence(someone.subject()))
    assert answered.answer.finding == query_pb2.FINDING_RECORD
    assert "李秘密" not in document_text(render(answered.envelope))
    assert "李秘密".encode() not in answered.envelope.payload


def test_r41_what_the_gateway_withholds_leaves_an_answer_like_that_of_a_person_without_it(
    running_federation: LocalFederation,
) -> None:
    someone, number = Someone(born=MINOR), case_number()
    running_federation.enter("police", record(someone, "police", number=number, months=72))
    adult = record(someone, number=number, months=36)
    adult.person.birth_date = "1985-03-04"
    adult.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    running_federation.enter("procuratorate", adult)
    court = running_federation.client("court")
    first = court.ask(asking.case(someone.subject()))
    nobody = court.ask(asking.case(Someone(born=MINOR).subject()))
    assert len(first.answer.evidence) == 4
    shown, other = (asking.stripped(render(a.envelope)) for a in (first, nobody))
    for answer in (shown, other):
        for evidence in answer["answer"]["evidence"]:
            evidence["answer"] = ""
    assert shown["answer"]["outcomes"] == other["answer"]["outcomes"]
    assert len(document_text(render(first.envelope))) == len(document_text(render(nobody.envelope)))


def test_r40_unsealing_ends_with_the_facts_it_rested_on(running_federation: LocalFederation) -> None:
    someone, made = sealed_record("police")
    police = running_federation.client("police")
    receipt = police.register.enter(NODES["police"], made)
    police.seals.unseal(
        NODES["police"],
        sealing_pb2.Unsealing(
            record_id=receipt.record_id,
            expected_version=1,
            ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
            combined_penalty=record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72),
            instrument=made.instrument,
            reason="再审改判",
        ),
    )
    assert police.register.show(NODES["police"], receipt.record_id).version == 2
    made.combined_penalty.months = made.offences[0].penalty.months = 48
    running_federation.amend("police", receipt.record_id, 2, made)
    answer = running_federation.client("court").ask(asking.case(someone.subject())).answer
    assert answer.finding == query_pb2.FINDING_NO_RECORD


def test_a_person_asks_about_nobody_else_as_own(running_federation: LocalFederation) -> None:
    someone, _ = open_record("police")
    query = asking.own(someone.subject())
    query.on_behalf_of.name = "李四"
    with pytest.raises(InvalidRequest, match=r"on_behalf_of\.name"):
        running_federation.client("police").ask(query)


def test_a_question_of_many_kilobytes_is_refused_by_its_field(running_federation: LocalFederation) -> None:
    someone, _ = open_record("police")
    query = asking.sealed_case(someone.subject())
    query.undertaking.text = "保" * 20_000
    with pytest.raises(InvalidRequest, match="at most 65536 bytes"):
        running_federation.client("police").ask(query)
