"""Lawful access to records kept apart from criminal ones: by name, in a case, under an undertaking (R64, A10)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from federation.errors import InvalidRequest, NotPermitted
from federation.evidence.answer_file import document_text, render, verify
from federation.evidence.report import Verdict
from federation.evidence.view import envelope_json, read_envelope, view
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2, related_pb2
from tests.support import asking, related
from tests.support.local import LocalFederation
from tests.support.recalls import change, recalled
from tests.support.records import Someone, record

CRIMINAL = record_pb2.RECORD_CLASS_CRIMINAL
PUBLIC_ORDER = record_pb2.RECORD_CLASS_PUBLIC_ORDER
NON_PROSECUTION = record_pb2.RECORD_CLASS_NON_PROSECUTION


def of_class(subject: pb.Subject, record_class: record_pb2.RecordClass.ValueType) -> pb.Query:
    """Return the question of a judicial organ in a case for the sealed records of one class."""
    query = asking.sealed_case(subject)
    query.record_class = record_class
    return query


def of_process(subject: pb.Subject) -> pb.Query:
    """Return the question for process information, which nothing opens."""
    return of_class(subject, record_pb2.RECORD_CLASS_PROCESS)


def asked(federation: LocalFederation, member: str, query: pb.Query) -> pb.Answer:
    """Return the answer, which its asker can prove offline."""
    answered = federation.client(member).ask(query)
    charter = federation.charter()
    verified = verify(
        document_text(render(answered.envelope, answered.question)).encode(), lambda moment: charter
    )
    assert verified.verdict is Verdict.PROVEN, [str(check) for check in verified.gaps]
    return answered.answer


def test_r64_an_investigator_is_shown_a_sealed_public_order_record_and_nothing_of_another_class(
    running_federation: LocalFederation,
) -> None:
    someone = Someone()
    made = related.public_order(someone, "盗窃")
    receipt = running_federation.enter("police", made)
    running_federation.enter("procuratorate", record(someone))
    answer = asked(running_federation, "procuratorate", of_class(someone.subject(), PUBLIC_ORDER))
    assert (answer.completeness, answer.finding) == (pb.COMPLETENESS_COMPLETE, pb.FINDING_RECORD)
    [decision] = answer.decisions
    [held] = decision.held
    assert (held.facet.node, held.facet.record_id) == ("police-1", receipt.record_id)
    assert held.record.decision.number == made.decision.number
    assert [offence.name for offence in held.record.offences] == ["盗窃"]
    assert decision.sealing_status == record_pb2.SEALING_STATUS_SEALED
    assert not answer.convictions
    assert list(answer.classes_searched) == [PUBLIC_ORDER]
    assert answer.watermark
    assert any("被封存的治安管理处罚记录" in term for term in answer.terms)
    assert any("未查询犯罪记录" in term for term in answer.terms)


def test_r64_nothing_found_in_a_class_is_no_statement_about_criminal_records(
    running_federation: LocalFederation,
) -> None:
    convicted = Someone()
    running_federation.enter("procuratorate", record(convicted))
    answers = [
        asked(running_federation, "procuratorate", of_class(someone.subject(), PUBLIC_ORDER))
        for someone in (Someone(), convicted)
    ]
    for answer in answers:
        assert (answer.completeness, answer.finding) == (pb.COMPLETENESS_COMPLETE, pb.FINDING_NO_RECORD)
        assert not answer.convictions
        assert not answer.decisions
        assert any(
            "无可提供的治安管理处罚记录" in said and "不是无犯罪记录" in said for said in answer.advice
        )
        assert not any("无可提供的犯罪记录" in said for said in answer.advice)
    one, other = (asking.stripped(view(answer)) for answer in answers)
    assert one == other


def test_r64_what_is_asked_for_as_criminal_records_shows_no_other_class(
    running_federation: LocalFederation,
) -> None:
    someone = Someone()
    running_federation.enter("police", related.public_order(someone))
    answer = asked(running_federation, "procuratorate", asking.sealed_case(someone.subject()))
    assert answer.finding == pb.FINDING_NO_RECORD
    assert list(answer.classes_searched) == [CRIMINAL]
    assert not answer.decisions


def test_a10_a_minors_public_order_record_opens_to_judicial_organs_alone(
    running_federation: LocalFederation,
) -> None:
    adult, young = Someone(), related.minor()
    for someone in (adult, young):
        running_federation.enter("police", related.public_order(someone))

    def found(member: str, someone: Someone) -> int:
        answer = running_federation.client(member).ask(of_class(someone.subject(), PUBLIC_ORDER)).answer
        assert answer.completeness == pb.COMPLETENESS_COMPLETE
        return len(answer.decisions)

    assert {member: found(member, adult) for member in ("police", "court", "supervisory")} == {
        "police": 1,
        "court": 1,
        "supervisory": 1,
    }
    assert {member: found(member, young) for member in ("police", "court", "supervisory")} == {
        "police": 1,
        "court": 1,
        "supervisory": 0,
    }


def test_r64_a_minors_non_prosecution_opens_to_judicial_organs_and_an_adults_is_not_sealed(
    running_federation: LocalFederation,
) -> None:
    adult, young = Someone(), related.minor()
    for someone in (adult, young):
        running_federation.enter("procuratorate", related.non_prosecution(someone))
    shown = asked(running_federation, "police", of_class(young.subject(), NON_PROSECUTION))
    assert shown.finding == pb.FINDING_RECORD
    assert [h.record.decision.ground for d in shown.decisions for h in d.held] == [
        "刑事诉讼法第一百七十七条第二款"
    ]
    not_sealed = asked(running_federation, "police", of_class(adult.subject(), NON_PROSECUTION))
    assert not_sealed.finding == pb.FINDING_NO_RECORD
    with pytest.raises(NotPermitted) as refused:
        running_federation.client("supervisory").ask(of_class(young.subject(), NON_PROSECUTION))
    assert "q4-not-judicial" in {policy.id for policy in refused.value.policies}


@pytest.mark.parametrize("question", [asking.case, asking.public, asking.defence, asking.own])
def test_r64_no_other_purpose_asks_for_a_class_by_name(
    running_federation: LocalFederation, question: Callable[[pb.Subject], pb.Query]
) -> None:
    query = question(Someone().subject())
    query.record_class = NON_PROSECUTION
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("police").ask(query)
    assert ("record_class", "R64") in {(v.field, v.rule) for v in refused.value.violations}


def test_r64_a_class_that_no_rule_opens_is_refused(running_federation: LocalFederation) -> None:
    for record_class in (record_pb2.RECORD_CLASS_REEDUCATION, record_pb2.RECORD_CLASS_WORKING):
        with pytest.raises(NotPermitted):
            running_federation.client("procuratorate").ask(of_class(Someone().subject(), record_class))


def test_r44_a_class_kept_apart_needs_the_undertaking_too(running_federation: LocalFederation) -> None:
    query = of_class(Someone().subject(), PUBLIC_ORDER)
    query.ClearField("undertaking")
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("procuratorate").ask(query)
    assert "undertaking" in {violation.field for violation in refused.value.violations}


def test_r64_yes_or_no_about_a_class_is_yes_where_there_is_a_decision(
    running_federation: LocalFederation,
) -> None:
    someone = Someone()
    running_federation.enter("police", related.public_order(someone))
    findings = []
    for subject in (someone.subject(), Someone().subject()):
        query = of_class(subject, PUBLIC_ORDER)
        query.granularity = pb.GRANULARITY_YES_NO
        answer = running_federation.client("procuratorate").ask(query).answer
        assert not answer.decisions
        findings.append(answer.finding)
    assert findings == [pb.FINDING_YES, pb.FINDING_NO]


def test_r64_a_decision_that_no_node_signed_breaks_the_answer(running_federation: LocalFederation) -> None:
    someone = Someone()
    running_federation.enter("police", related.public_order(someone))
    answered = running_federation.client("procuratorate").ask(of_class(someone.subject(), PUBLIC_ORDER))
    charter = running_federation.charter()
    document = render(answered.envelope, answered.question)
    envelope = read_envelope(envelope_json(answered.envelope))
    forged = pb.Answer.FromString(envelope.payload)
    forged.decisions[0].held[0].record.decision.decided_on = "2018-01-20"
    envelope.payload = forged.SerializeToString(deterministic=True)
    verified = verify(
        document | {"envelope": envelope_json(envelope), "answer": view(forged)}, lambda moment: charter
    )
    assert verified.verdict is Verdict.BROKEN
    assert "decisions" in {check.name for check in verified.failures}


@pytest.mark.parametrize(
    "question", [asking.case, asking.public, asking.defence, asking.own, asking.sealed_case, of_process]
)
def test_r64_compulsory_measures_and_withdrawn_cases_answer_no_question(
    running_federation: LocalFederation, question: Callable[[pb.Subject], pb.Query]
) -> None:
    """Without an effective judgment of guilt there is no criminal record (2021 Provisions art. 2)."""
    someone, nobody = Someone(), Someone()
    arrest = related_pb2.PROCESS_KIND_ARREST
    receipt = running_federation.enter("police", related.process(someone, arrest))
    running_federation.enter("procuratorate", related.process(someone))
    shown = running_federation.client("police").register.show("police-1", receipt.record_id)
    assert shown.record.decision.process == arrest
    window = running_federation.client("police")
    seen = []
    for person in (someone, nobody):
        query = question(person.subject())
        if query.purpose == pb.PURPOSE_OWN:
            query.subject.name = person.name
        try:
            seen.append(asking.stripped(view(window.ask(query).answer)))
        except NotPermitted as refused:
            seen.append(sorted(policy.id for policy in refused.policies))
            assert "process-never" in seen[-1]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("granularity", [pb.GRANULARITY_UNSPECIFIED, pb.GRANULARITY_YES_NO])
def test_r47_a_decision_told_in_a_case_is_recalled_when_it_is_withdrawn(
    running_federation: LocalFederation, granularity: pb.Granularity.ValueType
) -> None:
    someone = Someone()
    made = related.public_order(someone)
    receipt = running_federation.enter("police", made)
    query = of_class(someone.subject(), PUBLIC_ORDER)
    query.granularity = granularity
    answered = running_federation.client("procuratorate").ask(query)
    assert answered.answer.finding in (pb.FINDING_RECORD, pb.FINDING_YES)
    change(running_federation, "withdrawn", receipt, made, "police")
    [recall] = recalled(running_federation, "procuratorate", answered)
    assert recall.answer_id == answered.answer.answer_id
    again = running_federation.client("procuratorate").ask(of_class(someone.subject(), PUBLIC_ORDER)).answer
    assert again.finding == pb.FINDING_NO_RECORD
