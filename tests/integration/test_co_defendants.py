"""A lawyer's question is about the own client only, and nothing that a lawyer gets names a co-offender (R38)."""

from __future__ import annotations

import pytest

from federation.documents.rendering import text_of
from federation.errors import InvalidRequest, NotPermitted
from federation.record.fields import CO_OFFENDERS
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2
from tests.support import applying, asking
from tests.support.applying import ACCEPTOR, CASE, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone, record


def test_r38_a_co_defendant_is_refused_with_the_remedy(running_federation: LocalFederation) -> None:
    client, other = Someone(name="杨过"), Someone(name="霍都")
    submission = applying.defence(client)
    submission.subject.CopyFrom(other.subject())
    window = applications(running_federation, "justice", ACCEPTOR)
    submitted = window.submit(submission).application
    with pytest.raises(NotPermitted) as refused:
        window.accept(submitted, applying.ACCEPT)
    assert any("由其辩护律师申请" in policy.remedy for policy in refused.value.policies)
    [decision] = window.accept(submitted, applying.REFUSE).documents
    assert decision.result == document_pb2.DOCUMENT_RESULT_NOT_ACCEPTED
    assert "同案其他" in text_of(decision)
    assert client.name not in text_of(decision), "the decision names whom it is about and nobody else"


def test_r38_one_lawyer_is_not_engaged_by_two_of_one_case(running_federation: LocalFederation) -> None:
    client = Someone(name="小龙女")
    submission = applying.defence(client)
    submission.papers.append(applying.paper(pb.PAPER_KIND_ENGAGEMENT, names="公孙止", case=CASE))
    found = applying.rules(
        applications(running_federation, "justice", ACCEPTOR).submit(submission).application.obstacles
    )
    assert "一名辩护人" in found
    submission.papers[-1].case_number = "（2026）京0105刑初99号"
    assert not applications(running_federation, "justice", ACCEPTOR).submit(submission).application.obstacles


@pytest.mark.parametrize("purpose", ["defence", "own", "public"])
def test_r38_a_second_number_is_another_person(running_federation: LocalFederation, purpose: str) -> None:
    client, other = Someone(), Someone()
    subject = client.subject()
    subject.identifiers.append(other.subject().identifiers[0])
    with pytest.raises(InvalidRequest, match="another person's"):
        running_federation.client("justice").ask(asking.UNSEALED[purpose](subject))
    submission = getattr(applying, purpose)(client)
    submission.subject.CopyFrom(subject)
    with pytest.raises(InvalidRequest, match="another person's"):
        applications(running_federation, "justice", ACCEPTOR).submit(submission)


def test_r32_the_same_number_twice_and_an_investigators_two_numbers_are_one_person(
    running_federation: LocalFederation,
) -> None:
    someone, also = Someone(), Someone()
    twice = someone.subject()
    twice.identifiers.append(twice.identifiers[0])
    justice = running_federation.client("justice")
    assert justice.ask(asking.own(twice)).answer.finding == query_pb2.FINDING_NO
    both = someone.subject()
    both.identifiers.append(also.subject().identifiers[0])
    assert (
        running_federation.client("police").ask(asking.case(both)).answer.finding
        == query_pb2.FINDING_NO_RECORD
    )


def test_r38_nothing_a_lawyer_gets_names_a_co_offender(running_federation: LocalFederation) -> None:
    client, other = Someone(name="郭芙"), Someone(name="武敦儒甲乙丙")
    made = record(client)
    made.extensions[CO_OFFENDERS] = other.name
    running_federation.enter("procuratorate", made)
    done = applying.answered(running_federation, "justice", applying.defence(client))
    [letter] = done.documents
    assert letter.result == document_pb2.DOCUMENT_RESULT_FOUND
    assert other.name.encode() not in done.envelopes[0].payload
    lawyers = running_federation.client("justice").ask(asking.defence(client.subject()))
    assert other.name.encode() not in lawyers.envelope.payload
    assert "盗窃罪" in str(lawyers.answer.convictions[0].record.offences[0].name)
    organs = running_federation.client("police").ask(asking.case(client.subject()))
    assert other.name.encode() in organs.envelope.payload, "who handles the case sees it"
