"""A document states only what gateway and nodes have signed about the very question of its application."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from compose.local.layout import NODES, node_installation
from federation.applications.question import question_of
from federation.client import Client
from federation.client.applications import VerifiedStep
from federation.errors import (
    BadEnvelope,
    HutongError,
    InvalidRequest,
    OutOfOrder,
    PermissionDenied,
)
from federation.statements import methods
from federation.v1 import application_pb2 as pb
from federation.v1 import query_pb2
from tests.support import applying
from tests.support.applying import ACCEPTOR, HANDLER, REVIEWER, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone


def test_a_code_that_does_not_fit_is_like_a_document_never_issued(
    running_federation: LocalFederation,
) -> None:
    [certificate] = applying.answered(running_federation, "police", applying.own(Someone())).documents
    anyone = running_federation.client("court").applications(NODES["police"])
    unknown = pb.VerifyDocumentResponse(standing=pb.DOCUMENT_STANDING_UNKNOWN)
    assert anyone.check(certificate.number, "0000-0000-0000") == unknown
    assert anyone.check("police-1-2026-999999-01", certificate.code) == unknown
    typed = certificate.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert anyone.check(certificate.number, typed).standing == pb.DOCUMENT_STANDING_IN_FORCE


def _other_question(done: VerifiedStep, handler: Client) -> query_pb2.Query:
    return question_of(done.application, officer=handler.connection.officer)


FORGERIES: dict[str, Callable[[query_pb2.Query], object]] = {
    "subject": lambda q: q.subject.CopyFrom(Someone().subject()),
    "basis": lambda q: setattr(q, "basis", "COMP-24"),
    "on_behalf_of": lambda q: setattr(q.on_behalf_of, "name", "第二小学"),
    "mandate": lambda q: q.ClearField("mandate"),
    "granularity": lambda q: setattr(q, "granularity", query_pb2.GRANULARITY_YES_NO),
}


@pytest.mark.parametrize("field", sorted(FORGERIES))
def test_an_answer_to_another_question_makes_no_document(
    running_federation: LocalFederation, field: str
) -> None:
    done = applying.approved(running_federation, "police", applying.public(Someone()))
    client = running_federation.client("police", HANDLER)
    handler = applications(running_federation, "police", HANDLER)
    query = _other_question(done, client)
    FORGERIES[field](query)
    question = client.connection.statement(
        query.SerializeToString(), method=methods.ASK, destination="gateway"
    )
    answered = client.questions.deliver(question)
    with pytest.raises(InvalidRequest, match=field):
        handler.handle(done.application, applying.ANSWER, question=question, answer=answered.envelope)
    assert handler.show(done.application.number).application == done.application


def test_a_forged_or_borrowed_answer_makes_no_document(running_federation: LocalFederation) -> None:
    done = applying.approved(running_federation, "police", applying.public(Someone()))
    handler = applications(running_federation, "police", HANDLER)
    question, answered = handler.ask(done.application)
    forged = type(answered.envelope)()
    forged.CopyFrom(answered.envelope)
    answer = query_pb2.Answer.FromString(forged.payload)
    answer.finding = query_pb2.FINDING_YES
    forged.payload = answer.SerializeToString(deterministic=True)
    with pytest.raises(HutongError) as refused:
        handler.handle(done.application, applying.ANSWER, question=question, answer=forged)
    assert refused.value.reason in ("CORRUPT", "BAD_SIGNATURE", "BAD_ENVELOPE")
    other, _ = handler.ask(done.application)
    with pytest.raises(BadEnvelope):
        handler.handle(done.application, applying.ANSWER, question=other, answer=answered.envelope)
    with pytest.raises(PermissionDenied) as borrowed:
        applications(running_federation, "police", "处理员己").handle(
            done.application, applying.ANSWER, question=question, answer=answered.envelope
        )
    assert borrowed.value.reason == "ANOTHER_ASKED"
    with pytest.raises(InvalidRequest, match="answer"):
        handler.handle(done.application, applying.ANSWER)
    handler.handle(done.application, applying.ANSWER, question=question, answer=answered.envelope)


def test_r7_no_clean_document_while_a_node_is_down_and_nothing_is_lost_by_kill(
    running_federation: LocalFederation,
) -> None:
    police, justice = node_installation("police"), node_installation("justice")
    window = applications(running_federation, "police", ACCEPTOR)
    application = window.submit(applying.own(Someone())).application

    def killed() -> None:
        running_federation.signal(police, signal.SIGKILL)
        running_federation.up(police)

    def again(officer: str) -> pb.Application:
        with running_federation.fresh_client("police", officer) as client:
            return client.applications(NODES["police"]).show(application.number).application

    killed()
    assert again(ACCEPTOR) == application
    with running_federation.fresh_client("police", ACCEPTOR) as client:
        application = client.applications(NODES["police"]).accept(application, applying.ACCEPT).application
    killed()
    with running_federation.fresh_client("police", REVIEWER) as client:
        reviewer = client.applications(NODES["police"])
        application = reviewer.review(again(REVIEWER), applying.APPROVE).application
    running_federation.down(justice)
    try:
        with (
            running_federation.fresh_client("police", HANDLER) as client,
            pytest.raises(OutOfOrder) as refused,
        ):
            client.applications(NODES["police"]).answer(application)
        assert refused.value.reason == "ANSWER_NOT_COMPLETE"
    finally:
        running_federation.up(justice)
    killed()
    with running_federation.fresh_client("police", HANDLER) as client:
        done = client.applications(NODES["police"]).answer(again(HANDLER))
    killed()
    with running_federation.fresh_client("police", HANDLER) as client:
        shown = client.applications(NODES["police"]).show(application.number)
    assert shown.application == done.application
    assert done.envelopes[0] in shown.envelopes
