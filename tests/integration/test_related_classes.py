"""Records beside criminal ones: kept apart, linked only under a rule that covers both classes (R64)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from federation.errors import InvalidRequest, NotFound, NotPermitted
from federation.evidence.answer_file import document_text, render, verify
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2, registry_pb2, related_pb2, sealing_pb2
from tests.support import asking, related
from tests.support.local import LocalFederation
from tests.support.records import Someone, record

CRIMINAL = record_pb2.RECORD_CLASS_CRIMINAL
PUBLIC_ORDER = record_pb2.RECORD_CLASS_PUBLIC_ORDER
NON_PROSECUTION = record_pb2.RECORD_CLASS_NON_PROSECUTION
REEDUCATION = record_pb2.RECORD_CLASS_REEDUCATION


def under(federation: LocalFederation, member: str, subject: pb.Subject, basis: str) -> pb.Answer:
    """Return the answer to an organ that asks for itself under a row of the catalogue, verified."""
    query = pb.Query(purpose=pb.PURPOSE_PUBLIC, subject=subject, basis=basis)
    answered = federation.client(member).ask(query)
    charter = federation.charter()
    verified = verify(
        document_text(render(answered.envelope, answered.question)).encode(), lambda moment: charter
    )
    assert verified.holds, verified.failures
    return answered.answer


def whole(answer: pb.Answer) -> tuple[int, int]:
    return answer.completeness, answer.finding


YES = (pb.COMPLETENESS_COMPLETE, pb.FINDING_YES)
NO = (pb.COMPLETENESS_COMPLETE, pb.FINDING_NO)


def test_r64_a_row_that_covers_non_prosecution_is_answered_from_it(
    running_federation: LocalFederation,
) -> None:
    someone = Someone()
    running_federation.enter("procuratorate", related.non_prosecution(someone))
    answer = under(running_federation, "supervisory", someone.subject(), "SUP-13")
    assert whole(answer) == YES
    assert list(answer.classes_searched) == [CRIMINAL, NON_PROSECUTION]
    assert not answer.convictions
    assert not answer.listed_offences
    assert not answer.evidence
    nobody = under(running_federation, "supervisory", Someone().subject(), "SUP-13")
    assert whole(nobody) == NO
    assert list(nobody.classes_searched) == list(answer.classes_searched), "invariant of the person"
    assert list(nobody.terms) == list(answer.terms)
    assert any("不起诉" in term for term in answer.terms)


def test_r64_what_the_covering_row_does_not_ask_about_is_a_no(running_federation: LocalFederation) -> None:
    someone = Someone()
    kind = related_pb2.NON_PROSECUTION_KIND_INSUFFICIENT_EVIDENCE
    running_federation.enter("procuratorate", related.non_prosecution(someone, kind))
    assert whole(under(running_federation, "supervisory", someone.subject(), "SUP-13")) == NO


def test_r64_two_holders_of_one_decision_that_differ_leave_it_to_a_person(
    running_federation: LocalFederation,
) -> None:
    someone = Someone()
    made = related.non_prosecution(someone)
    running_federation.enter("procuratorate", made)
    made.decision.non_prosecution = related_pb2.NON_PROSECUTION_KIND_STATUTORY
    running_federation.enter("police", made)
    answer = under(running_federation, "supervisory", someone.subject(), "SUP-13")
    assert whole(answer) == (pb.COMPLETENESS_COMPLETE, pb.FINDING_UNDECIDED)


def test_r64_reeducation_answers_only_where_the_law_names_it(running_federation: LocalFederation) -> None:
    someone = Someone()
    running_federation.enter("justice", related.reeducation(someone))
    answer = under(running_federation, "police", someone.subject(), "SGD-17")
    assert whole(answer) == YES
    assert list(answer.classes_searched) == [CRIMINAL, REEDUCATION], "no public-order record could be found"
    assert any("治安管理处罚记录" in term and "未查询" in term for term in answer.terms)
    assert whole(under(running_federation, "police", someone.subject(), "POL-26")) == NO


@pytest.mark.parametrize("beside", [related.public_order, related.reeducation])
def test_r64_a_row_that_does_not_cover_the_class_is_answered_as_if_it_did_not_exist(
    running_federation: LocalFederation, beside: Callable[[Someone], record_pb2.Record]
) -> None:
    someone = Someone()
    running_federation.enter("police", beside(someone))
    answer = under(running_federation, "supervisory", someone.subject(), "SUP-13")
    assert whole(answer) == NO
    assert list(answer.classes_searched) == [CRIMINAL, NON_PROSECUTION]


def test_r64_public_order_records_are_sealed_since_2026_whatever_the_day_of_the_penalty(
    running_federation: LocalFederation,
) -> None:
    someone = Someone()
    receipt = running_federation.enter("police", related.public_order(someone, on="2019-01-20"))
    for number in range(2):
        running_federation.enter("police", related.public_order(someone, on=f"2019-03-0{number + 1}"))
    for basis in ("SGD-17", "GUN-3"):
        assert whole(under(running_federation, "police", someone.subject(), basis)) == NO
    with pytest.raises(NotFound):
        running_federation.client("police").register.show("police-1", receipt.record_id)
    with pytest.raises(NotPermitted) as refused:
        running_federation.client("police").ask(asking.sealed_provision(someone.subject(), "MIN-62"))
    assert "q5-seal-not-opened" in {policy.id for policy in refused.value.policies}


@pytest.mark.parametrize("basis", ["MIN-62", "PRE-44"])
def test_r64_a_class_of_which_nothing_can_be_found_is_not_named_as_searched(
    running_federation: LocalFederation, basis: str
) -> None:
    """Public-order records are all sealed since 2026-01-01, and these rows open no seal."""
    query = asking.public(Someone().subject(), basis)
    answer = running_federation.client("police").ask(query).answer
    assert list(answer.classes_searched) == [CRIMINAL]
    assert not any("一并查询" in term for term in answer.terms)
    assert any("治安管理处罚记录" in term and "未查询" in term for term in answer.terms)
    covering_none = (
        running_federation.client("police").ask(asking.public(Someone().subject(), "COMP-24")).answer
    )
    assert not any("治安管理处罚" in term for term in covering_none.terms)


def test_r64_a_minors_non_prosecution_is_sealed_always(running_federation: LocalFederation) -> None:
    someone = related.minor()
    receipt = running_federation.enter("procuratorate", related.non_prosecution(someone))
    assert whole(under(running_federation, "supervisory", someone.subject(), "SUP-13")) == NO
    with pytest.raises(NotFound):
        running_federation.client("procuratorate").register.show("procuratorate-1", receipt.record_id)
    unsealing = sealing_pb2.Unsealing(
        record_id=receipt.record_id,
        expected_version=1,
        ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
        combined_penalty=record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72),
        instrument=record_pb2.Instrument(reference="1号", issuer="某院"),
        reason="试图解封",
    )
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("procuratorate").seals.unseal("procuratorate-1", unsealing)
    assert {(v.field, v.rule) for v in refused.value.violations} == {("ground", "R64")}


@pytest.mark.parametrize("member", ["police", "procuratorate"])
@pytest.mark.parametrize("question", [asking.case, asking.sealed_case])
def test_r64_a_case_query_is_told_of_criminal_records_only(
    running_federation: LocalFederation, member: str, question: Callable[[pb.Subject], pb.Query]
) -> None:
    someone = Someone()
    running_federation.enter("procuratorate", related.non_prosecution(someone))
    running_federation.enter("police", related.public_order(someone))
    running_federation.enter("police", related.reeducation(someone))
    receipt = running_federation.enter("procuratorate", record(someone))
    answer = running_federation.client(member).ask(question(someone.subject())).answer
    assert [f.record_id for c in answer.convictions for f in c.facets] == [receipt.record_id]
    assert list(answer.classes_searched) == [CRIMINAL]
    assert {o.node for o in answer.outcomes if o.outcome == pb.OUTCOME_MATCH} == {"procuratorate-1"}


def test_r64_a_record_of_another_class_is_amended_withdrawn_and_shown_at_its_node(
    running_federation: LocalFederation,
) -> None:
    client, someone = running_federation.client("procuratorate"), Someone()
    made = related.non_prosecution(someone)
    receipt = running_federation.enter("procuratorate", made)
    assert running_federation.enter("procuratorate", made).repeated
    made.decision.non_prosecution = related_pb2.NON_PROSECUTION_KIND_STATUTORY
    assert running_federation.amend("procuratorate", receipt.record_id, 1, made).version == 2
    shown = client.register.show("procuratorate-1", receipt.record_id)
    assert shown.record.decision.non_prosecution == related_pb2.NON_PROSECUTION_KIND_STATUTORY
    assert whole(under(running_federation, "supervisory", someone.subject(), "SUP-13")) == NO
    with pytest.raises(InvalidRequest) as refused:
        running_federation.amend("procuratorate", receipt.record_id, 2, record(someone))
    assert {(v.field, v.rule) for v in refused.value.violations} == {("record_class", "R64")}
    client.register.withdraw(
        "procuratorate-1",
        registry_pb2.Withdrawal(record_id=receipt.record_id, expected_version=2, reason="决定被撤销"),
    )
    with pytest.raises(NotFound):
        client.register.show("procuratorate-1", receipt.record_id)


@pytest.mark.parametrize(
    ("agency", "made"),
    [("justice", related.public_order), ("state_security", related.non_prosecution)],
)
def test_r64_only_the_agencies_of_the_table_keep_a_class(
    running_federation: LocalFederation, agency: str, made: Callable[[Someone], record_pb2.Record]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        running_federation.enter(agency, made(Someone()))
    assert {(v.field, v.rule) for v in refused.value.violations} == {("record_class", "R64")}


def test_r64_reeducation_is_closed_after_its_abolition(running_federation: LocalFederation) -> None:
    with pytest.raises(InvalidRequest) as refused:
        running_federation.enter("police", related.reeducation(Someone(), on="2013-12-29"))
    assert {(v.field, v.rule) for v in refused.value.violations} == {("decision.decided_on", "A24")}
    assert running_federation.enter("police", related.reeducation(Someone(), on="2013-12-28")).version == 1


def test_r65_a_link_to_another_store_needs_a_basis_and_is_in_no_answer(
    running_federation: LocalFederation,
) -> None:
    someone = Someone()
    made = record(someone)
    for store in ("credit_information", "rumours", "prison_records"):
        del made.links[:]
        made.links.add(store=store, reference="X-1")
        with pytest.raises(InvalidRequest) as refused:
            running_federation.enter("procuratorate", made)
        assert {(v.field, v.rule) for v in refused.value.violations} == {("links[0].store", "R65")}
    made.links[0].store = "case_files"
    made.links[0].reference = "检案卡-8848"
    receipt = running_federation.enter("procuratorate", made)
    shown = running_federation.client("procuratorate").register.show("procuratorate-1", receipt.record_id)
    assert [(link.store, link.reference) for link in shown.record.links] == [("case_files", "检案卡-8848")]
    answered = running_federation.client("police").ask(asking.case(someone.subject()))
    assert answered.answer.finding == pb.FINDING_RECORD
    assert "检案卡-8848".encode() not in answered.envelope.payload
