"""What an office hands out: every kind of document, for how long, and what is in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from federation.applications.question import question_of
from federation.documents import file
from federation.documents.document import open_document, read
from federation.documents.rendering import text_of
from federation.errors import OutOfOrder
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2, record_pb2
from federation.v1.envelope_pb2 import Envelope
from node.applications.stepping import StepResult
from tests.support import applying
from tests.support.office import World
from tests.support.records import Someone


def test_an_answer_is_used_while_it_is_fresh_and_after_the_approval_only(world: World) -> None:
    approved = world.review(world.accept(world.submit(applying.own(Someone()))).application, applying.APPROVE)
    question, answer = world.asked(approved, query_pb2.FINDING_NO)
    world.at += timedelta(minutes=31)
    with pytest.raises(OutOfOrder) as old:
        world.handle(approved, question, answer)
    assert old.value.reason == "ANSWER_NOT_FRESH"
    world.at -= timedelta(minutes=41)
    early = world.asked(approved, query_pb2.FINDING_NO)
    world.at += timedelta(minutes=10)
    with pytest.raises(OutOfOrder) as before:
        world.handle(approved, *early)
    assert before.value.reason == "ANSWER_NOT_FRESH"


@pytest.mark.parametrize("finding", [query_pb2.FINDING_CONFIRM_IDENTITY, query_pb2.FINDING_UNDECIDED])
def test_what_the_answer_leaves_open_makes_no_document(
    world: World, finding: query_pb2.Finding.ValueType
) -> None:
    with pytest.raises(OutOfOrder) as refused:
        world.answered(applying.own(Someone()), finding)
    assert refused.value.reason == "ANSWER_NOT_DECIDED"


@pytest.mark.parametrize("finding", [query_pb2.FINDING_NO, query_pb2.FINDING_YES])
def test_r45_a_result_is_handed_out_for_five_working_days_and_then_is_nowhere(
    world: World, finding: query_pb2.Finding.ValueType
) -> None:
    done = world.answered(applying.own(Someone()), finding)
    world.on("2026-03-09")
    assert [read(e).kind for e in world.show(done.application.number).documents][1:] == [
        read(done.documents[0]).kind
    ]
    world.on("2026-03-10")
    assert not world.show(done.application.number).documents
    world.submit(applying.own(Someone()))
    world.accept(world.submit(applying.own(Someone())))
    with world.journal.reading() as connection:
        kept = connection.execute(
            text("SELECT count(*) FROM application_document WHERE application = :n AND length(body) > 0"),
            {"n": done.application.number},
        ).scalar_one()
    assert kept == 0


def test_a_document_expires_and_its_signature_still_holds(world: World) -> None:
    done = world.answered(applying.own(Someone()), query_pb2.FINDING_NO)
    document = read(done.documents[0])
    asked = pb.IssuedDocument(number=document.number, code=document.code)
    assert world.looking.check(asked, world.act("法官")).standing == pb.DOCUMENT_STANDING_IN_FORCE
    issued = world.at
    world.on("2026-06-01")
    assert world.looking.check(asked, world.act("法官")).standing == pb.DOCUMENT_STANDING_EXPIRED
    assert open_document(done.documents[0], world.charter, at=issued).document == document
    assert file.verify(file.render(done.documents[0]), lambda moment: world.charter).holds


def test_r43_r44_a_provision_that_two_officers_opened_leads_to_a_watermarked_letter(world: World) -> None:
    submission = applying.sealed_provision(Someone(), "OPENS")
    undertaking = submission.papers.pop()
    assert "保密承诺书" in applying.rules(world.submit(submission).obstacles)
    submission.papers.append(undertaking)
    approved = world.review(world.accept(world.submit(submission)).application, applying.APPROVE)
    query = question_of(approved, officer="丙")
    assert query.undertaking.signed_by == "丙"
    assert approved.number in query.undertaking.text
    [letter] = map(read, world.handle(approved, *world.asked(approved, query_pb2.FINDING_YES)).documents)
    assert letter.watermark
    assert any("被封存" in term for term in letter.terms)


def test_r43_a_query_of_sealed_records_is_decided_in_three_working_days_a_refusal_in_writing(
    world: World,
) -> None:
    """不许可查询决定书 with its reasons, within three working days (2022 Measures art. 16)."""
    accepted = world.accept(world.submit(applying.sealed_provision(Someone(), "OPENS"))).application
    assert accepted.due_on == "2026-03-05"
    body = pb.ReviewStep(
        number=accepted.number,
        expected_version=accepted.version,
        decision=applying.REJECT,
        grounds=[applying.GROUND],
    )
    rejected = world.office.review(body, world.act("乙"))
    [decision] = map(read, rejected.documents or world.handle_declined(rejected.application).documents)
    assert decision.kind == document_pb2.DOCUMENT_KIND_REFUSAL
    words = text_of(decision)
    assert words.startswith("不许可查询决定书")
    assert "决定不许可查询" in words
    assert applying.GROUND.says in words
    assert applying.GROUND.remedy in words
    assert "犯罪记录。" not in words, "it tells nothing of what there is"
    assert not world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))


def _one_of_each(world: World) -> dict[int, document_pb2.Document]:
    """Return a document of every kind that an application can lead to."""
    issued: list[Envelope] = []

    def take(done: StepResult) -> pb.Application:
        issued.extend(done.documents)
        return done.application

    for finding in (query_pb2.FINDING_NO, query_pb2.FINDING_YES):
        accepted = take(world.accept(world.submit(applying.own(Someone()))))
        approved = world.review(accepted, applying.APPROVE)
        answered = take(world.handle(approved, *world.asked(approved, finding)))
    judged = world.review(world.object(answered), applying.UPHOLD, "丁")
    body = pb.Handling(number=judged.number, expected_version=judged.version, decision=applying.CONCLUDE)
    take(world.office.handle(body, world.act("丙")))
    take(world.answered(applying.public(Someone()), query_pb2.FINDING_NO))
    take(world.accept(world.submit(applying.public(Someone(), "")), applying.REFUSE))
    world.admit_violation_certificates()
    violations = applying.own(Someone())
    violations.record_class = record_pb2.RECORD_CLASS_PUBLIC_ORDER
    take(world.answered(violations, query_pb2.FINDING_NO))
    return {document.kind: document for document in map(read, issued)}


def test_r53_r54_every_kind_of_document_binds_to_purpose_and_confidentiality_and_names_a_remedy(
    world: World,
) -> None:
    documents = _one_of_each(world)
    no_application = document_pb2.DOCUMENT_KIND_SEALING_NOTICE  # served on the person, to keep
    kinds = {number for number in document_pb2.DocumentKind.values() if number not in (0, no_application)}
    assert documents.keys() == kinds, "a kind of document that this test does not know"
    for document in documents.values():
        text = text_of(document)
        assert any("仅限用于所载查询目的" in term for term in document.terms), text
        assert any("保密" in term for term in document.terms), text
        assert document.remedies, text
        assert all(ground.remedy for ground in document.grounds), text
        assert all(sentence in text for sentence in (*document.terms, *document.remedies))
