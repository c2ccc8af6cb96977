"""Each lawful purpose, from the question to the signed answer, through four nodes and the gateway."""

from __future__ import annotations

import pytest

from compose.local.layout import NODES
from federation.errors import InvalidRequest, NotPermitted
from federation.evidence.answer_file import document_text, render
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2
from federation.values.clock import now, parse_stamp
from tests.support import asking
from tests.support.asked import FULL, YES_NO, ask, held_by_three
from tests.support.local import LocalFederation
from tests.support.records import Someone, record


@pytest.fixture(scope="module")
def known(running_federation: LocalFederation) -> Someone:
    return held_by_three(running_federation)


def test_r32_an_investigator_sees_the_merged_record(
    running_federation: LocalFederation, known: Someone
) -> None:
    answer = ask(running_federation, "police", asking.case(known.subject())).answer
    assert (answer.completeness, answer.finding) == (pb.COMPLETENESS_COMPLETE, pb.FINDING_RECORD)
    assert answer.granularity == FULL
    assert {(p.id, p.clause[:8]) for p in answer.policies} == {("q1-case", "Opinions")}
    assert {c for c in answer.classes_searched} == {record_pb2.RECORD_CLASS_CRIMINAL}
    [conviction] = answer.convictions
    assert conviction.record.person.identifiers[0].number == known.number


def test_r10_three_facets_become_one_conviction_with_sources_and_a_conflict(
    running_federation: LocalFederation, known: Someone
) -> None:
    answer = ask(running_federation, "procuratorate", asking.case(known.subject())).answer
    [conviction] = answer.convictions
    assert {f.node for f in conviction.facets} == {"police-1", "procuratorate-1", "justice-1"}
    sources = {s.field: list(s.nodes) for s in conviction.sources}
    assert sources["judgment_number"] == ["procuratorate-1", "police-1", "justice-1"]
    assert sources["execution"] == ["justice-1"]
    assert sources["person.household_division"] == ["police-1", "justice-1"]
    conflicts = {c.field: {claim.node: claim.value for claim in c.claims} for c in conviction.conflicts}
    assert conflicts["final_on"] == {
        "procuratorate-1": "2019-06-16",
        "police-1": "2019-06-17",
        "justice-1": "2019-06-16",
    }
    assert conviction.record.final_on == "2019-06-16", "the procuratorate's word prevails"
    assert [n.text for n in conviction.record.person.names] == ["欧阳锋", "老毒物"]
    assert not conviction.record.unknowns, "what one does not hold, another does"


def test_r7_the_answer_says_which_stores_were_asked(
    running_federation: LocalFederation, known: Someone
) -> None:
    answer = ask(running_federation, "police", asking.case(known.subject())).answer
    outcomes = {o.node: o.outcome for o in answer.outcomes}
    assert outcomes == {
        "police-1": pb.OUTCOME_MATCH,
        "state-security-1": pb.OUTCOME_NONE,
        "procuratorate-1": pb.OUTCOME_MATCH,
        "justice-1": pb.OUTCOME_MATCH,
    }
    assert [o.agency for o in answer.outcomes] == [
        n.agency for n in running_federation.charter().required_nodes("case")
    ]
    assert {e.node for e in answer.evidence} == set(outcomes)


def test_r9_each_agency_holds_its_own_store(running_federation: LocalFederation) -> None:
    someone = Someone()
    receipt = running_federation.enter("justice", record(someone, "justice"))
    answer = ask(running_federation, "court", asking.case(someone.subject())).answer
    assert [(f.node, f.record_id) for c in answer.convictions for f in c.facets] == [
        ("justice-1", receipt.record_id)
    ]
    for agency in set(NODES) - {"justice"}:
        databases = running_federation.layout.home.glob(f"nodes/{NODES[agency]}/store.db")
        assert len(list(databases)) == 1


def test_r38_the_defence_lawyer_sees_the_record_of_the_own_case(
    running_federation: LocalFederation, known: Someone
) -> None:
    answer = ask(running_federation, "justice", asking.defence(known.subject())).answer
    assert (answer.finding, answer.granularity) == (pb.FINDING_RECORD, FULL)
    assert len(answer.convictions) == 1


def test_r38_a_lawyer_is_not_told_of_a_private_prosecutor(running_federation: LocalFederation) -> None:
    someone = Someone()
    made = record(someone)
    made.prosecuting_party.private_prosecutor = "周伯通"
    running_federation.enter("procuratorate", made)
    answered = ask(running_federation, "justice", asking.defence(someone.subject()))
    assert answered.answer.finding == pb.FINDING_RECORD
    assert "周伯通" not in document_text(render(answered.envelope))
    assert "周伯通".encode() not in answered.envelope.payload
    shown = ask(running_federation, "police", asking.case(someone.subject())).answer
    assert shown.convictions[0].record.prosecuting_party.private_prosecutor == "周伯通"


def test_r38_a_lawyer_asks_about_the_defendant_only(
    running_federation: LocalFederation, known: Someone
) -> None:
    query = asking.defence(known.subject())
    query.subject_of_case = False
    with pytest.raises(NotPermitted) as refused:
        running_federation.client("justice").ask(query)
    assert [p.id for p in refused.value.policies] == ["q3-not-of-this-case"]


def test_r37_a_school_learns_whether_the_provision_applies_and_nothing_else(
    running_federation: LocalFederation, known: Someone
) -> None:
    answered = ask(running_federation, "police", asking.public(known.subject(), "TCH-14"))
    answer = answered.answer
    assert (answer.finding, answer.granularity, answer.basis) == (pb.FINDING_YES, YES_NO, "TCH-14")
    assert not answer.convictions
    assert not answer.evidence
    assert {(o.outcome, o.reason, o.as_of) for o in answer.outcomes} == {(pb.OUTCOME_ANSWERED, "", "")}
    for shown in (known.number, known.name, "盗窃"):
        assert shown.encode() not in answered.envelope.payload


def test_r37_another_provision_is_not_concerned(running_federation: LocalFederation, known: Someone) -> None:
    answer = ask(running_federation, "police", asking.public(known.subject(), "COMP-24")).answer
    assert (answer.completeness, answer.finding) == (pb.COMPLETENESS_COMPLETE, pb.FINDING_NO)


def test_r36_no_answer_without_a_provision_that_admits_the_asker(
    running_federation: LocalFederation, known: Someone
) -> None:
    with pytest.raises(NotPermitted) as refused:
        running_federation.client("police").ask(asking.public(known.subject(), "NO-SUCH-LAW"))
    assert "q2-no-basis" in {p.id for p in refused.value.policies}
    assert all(p.clause and p.says for p in refused.value.policies)
    # Rows that admit others: a state organ that recruits, justice administration.
    for basis in ("CSL-26", "LAW-7"):
        with pytest.raises(NotPermitted) as refused:
            running_federation.client("police").ask(asking.public(known.subject(), basis))
        assert "q2-asker-not-in-basis" in {p.id for p in refused.value.policies}, basis
    justice = pb.Query(purpose=pb.PURPOSE_PUBLIC, subject=known.subject(), basis="LAW-7")
    assert running_federation.client("justice").ask(justice).answer.finding == pb.FINDING_YES


def test_a22_a_person_learns_whether_a_record_stands(
    running_federation: LocalFederation, known: Someone
) -> None:
    answer = ask(running_federation, "police", asking.own(known.subject())).answer
    assert (answer.finding, answer.granularity) == (pb.FINDING_YES, YES_NO)
    assert not answer.convictions
    nobody = ask(running_federation, "police", asking.own(Someone().subject())).answer
    assert (nobody.completeness, nobody.finding) == (pb.COMPLETENESS_COMPLETE, pb.FINDING_NO)


def test_r34_only_the_four_agencies_windows_ask_for_somebody_else(
    running_federation: LocalFederation, known: Someone
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("court").ask(asking.own(known.subject()))
    assert ("on_behalf_of", "R34") in {(v.field, v.rule) for v in refused.value.violations}
    borrowed = asking.sealed_case(known.subject())
    borrowed.on_behalf_of.CopyFrom(pb.Beneficiary(organ_class="court", name="某法院"))
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("police").ask(borrowed)
    assert ("on_behalf_of.organ_class", "R34") in {(v.field, v.rule) for v in refused.value.violations}


@pytest.mark.parametrize("purpose", sorted(asking.UNSEALED))
def test_r53_r54_every_answer_binds_its_user_to_the_purpose_and_to_confidentiality(
    running_federation: LocalFederation, known: Someone, purpose: str
) -> None:
    member = "court" if purpose == "case" else "police"
    terms = ask(running_federation, member, asking.UNSEALED[purpose](known.subject())).answer.terms
    assert any("查询目的" in term and "保密" in term for term in terms)
    assert any("不查询被封存" in term for term in terms)


def test_less_may_be_asked_for_than_the_purpose_allows(
    running_federation: LocalFederation, known: Someone
) -> None:
    query = asking.case(known.subject())
    query.granularity = pb.GRANULARITY_YES_NO
    answer = ask(running_federation, "police", query).answer
    assert (answer.finding, len(answer.convictions), len(answer.evidence)) == (pb.FINDING_YES, 0, 0)
    query = asking.public(known.subject())
    query.granularity = pb.GRANULARITY_FULL
    assert ask(running_federation, "police", query).answer.granularity == YES_NO


def test_a_name_without_a_number_finds_but_does_not_identify(
    running_federation: LocalFederation, known: Someone
) -> None:
    other = Someone(name="无名氏")
    made = record(other)
    made.person.ClearField("identifiers")
    made.unknowns.add(field="person.identifiers", reason=record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
    running_federation.enter("procuratorate", made)
    answer = ask(running_federation, "police", asking.case(other.subject())).answer
    assert answer.finding == pb.FINDING_CONFIRM_IDENTITY
    assert not answer.convictions
    assert answer.advice
    answer = ask(running_federation, "police", asking.own(other.subject())).answer
    assert answer.finding == pb.FINDING_CONFIRM_IDENTITY, "no clean answer about a namesake"


def test_r56_every_answer_and_refusal_names_who_asked(
    running_federation: LocalFederation, known: Someone
) -> None:
    answered = running_federation.client("court", "李法官").ask(asking.case(known.subject()))
    entries = [
        e for e in running_federation.gateway_entries() if e.get("request") == answered.request_digest.hex()
    ]
    assert [(e["kind"], e["officer"], e["by"]) for e in entries] == [
        (kind, "李法官", "court/client/window-1") for kind in ("request", "answer")
    ]
    assert entries[0]["case"] == asking.CASE
    node = [
        e
        for e in running_federation.node_entries("police")
        if e.get("request") == answered.request_digest.hex()
    ]
    assert [(e["kind"], e["officer"], e["by"], e["purpose"]) for e in node] == [
        ("lookup", "李法官", "court/client/window-1", "case")
    ]


def test_the_answer_is_of_this_moment(running_federation: LocalFederation, known: Someone) -> None:
    before = now()
    answered = ask(running_federation, "police", asking.case(known.subject()))
    assert before <= parse_stamp(answered.answer.answered_at) <= now()
