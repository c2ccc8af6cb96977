"""What the answer to an application may say, by its kind and provision (R35-R39, R41)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from compose.local.layout import NODES
from federation.documents.rendering import text_of
from federation.errors import (
    NotFound,
    NotPermitted,
)
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from tests.support import applying
from tests.support.applying import ACCEPTOR, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone, sealed_record

REFUSAL = document_pb2.DOCUMENT_KIND_REFUSAL
LETTER = document_pb2.DOCUMENT_KIND_RESULT_LETTER
NONE, FOUND = document_pb2.DOCUMENT_RESULT_NONE, document_pb2.DOCUMENT_RESULT_FOUND
LAWFUL: dict[str, Callable[[Someone], pb.Submission]] = {
    "own": applying.own,
    "public": applying.public,
    "notarisation": applying.notarisation,
    "defence": applying.defence,
    "case": applying.case,
}


@pytest.fixture(scope="module")
def convicted(running_federation: LocalFederation) -> Someone:
    return applying.convicted(running_federation)


def test_r35_each_agency_decides_for_itself(running_federation: LocalFederation, convicted: Someone) -> None:
    refusing = applications(running_federation, "procuratorate", ACCEPTOR)
    refused = refusing.accept(
        refusing.submit(applying.public(convicted)).application, applying.REFUSE, [applying.GROUND]
    )
    assert refused.documents[0].issuer == "人民检察院"
    allowed = applying.answered(running_federation, "police", applying.public(convicted))
    assert allowed.documents[0].issuer == "公安机关"
    with pytest.raises(NotFound):
        applications(running_federation, "police", ACCEPTOR).show(refused.application.number)


def test_r35_the_application_is_the_mandate_that_gateway_and_nodes_write_down(
    running_federation: LocalFederation,
) -> None:
    done = applying.answered(running_federation, "police", applying.own(Someone()))
    mandate = done.application.mandate
    assert mandate.startswith(f"{done.application.number}@")
    asked = [e for e in running_federation.gateway_entries() if e.get("mandate") == mandate]
    assert [e["kind"] for e in asked] == ["request"]
    for agency in NODES:
        looked = [e for e in running_federation.node_entries(agency) if e.get("mandate") == mandate]
        assert "lookup" in {e["kind"] for e in looked}


@pytest.mark.parametrize("basis", ["", "NO-SUCH-ROW"])
def test_r36_no_provision_no_acceptance(running_federation: LocalFederation, basis: str) -> None:
    window = applications(running_federation, "police", ACCEPTOR)
    submitted = window.submit(applying.public(Someone(), basis)).application
    assert "意见二（三）2" in applying.rules(submitted.obstacles)
    with pytest.raises(NotPermitted):
        window.accept(submitted, applying.ACCEPT)
    refused = window.accept(submitted, applying.REFUSE)
    [decision] = refused.documents
    assert (decision.kind, decision.result) == (REFUSAL, document_pb2.DOCUMENT_RESULT_NOT_ACCEPTED)
    assert all(ground.remedy for ground in decision.grounds)
    assert any("复查" in remedy for remedy in decision.remedies)


def test_r36_a_unit_asks_about_its_own_staff_or_recruits_only(running_federation: LocalFederation) -> None:
    submission = applying.public(Someone())
    submission.relation = pb.RELATION_UNSPECIFIED
    del submission.papers[-1]
    window = applications(running_federation, "police", ACCEPTOR)
    submitted = window.submit(submission).application
    found = applying.rules(submitted.obstacles)
    assert "不是申请单位的" in found, "no relation is stated"
    assert "未证明" in found, "and none is proven"
    proven, stated = applying.public(Someone()), applying.public(Someone())
    proven.relation = pb.RELATION_UNSPECIFIED
    stated.papers[-1].names = "别人"
    for submission, says in ((proven, "不是申请单位的"), (stated, "未证明")):
        [obstacle] = window.submit(submission).application.obstacles
        assert says in obstacle.says
    refused = window.accept(submitted, applying.REFUSE)
    assert "拟招录人员" in text_of(refused.documents[0])


def test_r36_a_provision_that_opens_no_seal_gives_no_sealed_access(
    running_federation: LocalFederation,
) -> None:
    window = applications(running_federation, "police", ACCEPTOR)
    submitted = window.submit(applying.sealed_provision(Someone())).application
    assert "q5-seal-not-opened" in applying.rules(submitted.obstacles)


def test_r37_the_letter_says_whether_the_provision_applies_and_nothing_else(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    [letter] = applying.answered(running_federation, "police", applying.public(convicted)).documents
    assert (letter.kind, letter.result) == (LETTER, FOUND)
    assert not letter.convictions
    text = text_of(letter)
    assert letter.law in text
    assert "盗窃" not in text
    assert "京0105" not in text
    [clean] = applying.answered(running_federation, "police", applying.public(Someone())).documents
    assert clean.result == NONE


def test_r37_a_notary_office_is_told_whether_there_is_a_record_and_nothing_else(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    for someone, result in ((convicted, FOUND), (Someone(), NONE)):
        [letter] = applying.answered(running_federation, "police", applying.notarisation(someone)).documents
        assert (letter.kind, letter.result) == (LETTER, result)
        assert not letter.listed_offences
        assert not letter.convictions
        assert "盗窃" not in text_of(letter)


def test_r38_the_lawyer_of_this_case_is_told(running_federation: LocalFederation, convicted: Someone) -> None:
    [letter] = applying.answered(running_federation, "justice", applying.defence(convicted)).documents
    assert (letter.kind, letter.result) == (LETTER, FOUND)
    assert [list(c.offences) for c in letter.convictions] == [["盗窃罪"]]
    assert "有期徒刑3年" in text_of(letter)


def test_r38_legal_aid_papers_do_in_place_of_an_engagement(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    submission = applying.defence(convicted)
    submission.papers[1].kind = pb.PAPER_KIND_LEGAL_AID_LETTER
    [letter] = applying.answered(running_federation, "justice", submission).documents
    assert letter.result == FOUND


def test_r38_a_lawyer_asking_about_another_case_is_not_accepted(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    window = applications(running_federation, "justice", ACCEPTOR)
    for submission in (
        applying.defence(convicted, engaged_in="（2026）京0105刑初99号"),
        applying.defence(Someone(name="郭靖")),
    ):
        if submission.subject.name == "郭靖":
            submission.papers[1].names = "另一人"
        submitted = window.submit(submission).application
        assert "辩护律师只能查询本案" in applying.rules(submitted.obstacles)
        with pytest.raises(NotPermitted):
            window.accept(submitted, applying.ACCEPT)
        [decision] = window.accept(submitted, applying.REFUSE).documents
        assert "意见二（三）3" in text_of(decision)


def test_r39_a_lawyer_is_told_of_a_sealed_record_as_of_none(running_federation: LocalFederation) -> None:
    sealed, made = sealed_record()
    running_federation.enter("procuratorate", made)
    nobody = Someone(born=sealed.born)
    one, other = (
        applying.answered(running_federation, "justice", applying.defence(someone)).documents[0]
        for someone in (sealed, nobody)
    )
    assert one.result == other.result == NONE
    assert "无可提供的犯罪记录" in text_of(one)


VARIES = ("number", "application", "issued_at", "request_digest", "answer_digest", "code", "subject")


@pytest.mark.parametrize("kind", sorted(LAWFUL))
def test_r41_a_document_about_a_sealed_person_is_that_of_a_person_with_none(
    running_federation: LocalFederation, kind: str
) -> None:
    sealed, made = sealed_record("police")
    running_federation.enter("police", made)
    nobody = Someone(name=sealed.name, born=sealed.born)
    done = [
        applying.answered(running_federation, "police", LAWFUL[kind](someone)) for someone in (sealed, nobody)
    ]
    sizes = [[len(e.SerializeToString()) for e in each.envelopes] for each in done]
    assert sizes[0] == sizes[1]
    documents = [each.documents[0] for each in done]
    assert len(text_of(documents[0]).encode()) == len(text_of(documents[1]).encode())
    assert done[0].application.ByteSize() == done[1].application.ByteSize()
    for document in documents:
        assert document.result == NONE
        for field in VARIES:
            document.ClearField(field)  # type: ignore[arg-type]
    assert documents[0] == documents[1]
