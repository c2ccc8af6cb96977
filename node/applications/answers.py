"""Check that an answer is the gateway's, to the question of this application, and determine its result."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from google.protobuf.message import DecodeError

from federation.answers.replies import ANSWERED
from federation.applications.question import questions_of
from federation.applications.roster import MOST_PERSONS
from federation.charter.envelope import GATEWAY, STATEMENT, verify_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope, InvalidRequest, OutOfOrder, PermissionDenied
from federation.evidence import answer_file
from federation.evidence.proof import read_answer
from federation.statements.methods import ASK
from federation.statements.reasons import NOT_RELEASED, VERIFYING
from federation.statements.undertaking import unsigned
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values import clock
from federation.values.identity import Installation, Role
from federation.values.officers import same_officer
from node.applications.history import last
from node.applications.machine import Step


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question as it was signed and the gateway's answer to it, both verified."""

    query: query_pb2.Query
    answer: query_pb2.Answer
    officer: str
    installation: Installation
    question_digest: bytes
    answer_digest: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """The basis of a handling: one question and answer, or those of a whole roster in its order."""

    asked: tuple[AnsweredQuestion, ...] = ()

    @property
    def digests(self) -> tuple[bytes, bytes]:
        """The digests of question and answer; of a roster, SHA-256 over all of them."""
        if len(self.asked) == 1:
            return self.asked[0].question_digest, self.asked[0].answer_digest
        questions = hashlib.sha256(b"".join(each.question_digest for each in self.asked))
        answers = hashlib.sha256(b"".join(each.answer_digest for each in self.asked))
        return questions.digest(), answers.digest()


def read_evidence(handling: pb.Handling, charter: Charter, *, now: datetime) -> Evidence:
    """Return the verified questions and answers in the envelopes of a handling; none when it has none.

    Raises `BadEnvelope`, `PermissionDenied` or `Corrupt`: a forged answer, another question, another signer.
    """
    pairs = [(each.question, each.answer) for each in handling.asked[:MOST_PERSONS]]
    if handling.HasField("question") or handling.HasField("answer"):
        pairs.append((handling.question, handling.answer))
    return Evidence(tuple(_read(question, answer, charter, now=now) for question, answer in pairs))


def _read(question: Envelope, answer: Envelope, charter: Charter, *, now: datetime) -> AnsweredQuestion:
    asked = verify_payload(question, STATEMENT, charter, role=Role.ASKS, now=now)
    try:
        statement = Statement.FromString(asked.payload)
        query = query_pb2.Query.FromString(statement.body)
    except DecodeError:
        raise BadEnvelope(
            "the question cannot be read: hand in the signed question as it was sent",
            reason="MALFORMED_STATEMENT",
        ) from None
    if (statement.method, statement.destination, statement.federation) != (ASK, GATEWAY, charter.federation):
        raise BadEnvelope(
            "the question was not signed for the gateway: ask the gateway and hand in its answer",
            reason="WRONG_DESTINATION",
        )
    if read_answer(answer).request_digest != asked.digest:
        raise BadEnvelope(
            "the answer is to another question than the one given: hand both in as the gateway returned them",
            reason="WRONG_REQUEST",
        )
    verified = answer_file.verify(answer_file.render(answer, question), lambda moment: charter).require()
    return AnsweredQuestion(
        query=query,
        answer=verified,
        officer=statement.officer,
        installation=asked.installation,
        question_digest=asked.digest,
        answer_digest=hashlib.sha256(answer.payload).digest(),
    )


def insist_of_application(
    evidence: Evidence,
    application: pb.Application,
    *,
    officer: str,
    installation: Installation,
    now: datetime,
    usable: timedelta,
) -> None:
    """Raise unless the questions are those of `application`, put by the handling officer, answered just now."""
    expected = questions_of(application, officer=officer)
    if len(evidence.asked) != len(expected):
        many = application.submission.HasField("roster")
        what = f"those of all {len(expected)} persons, in their order" if many else "one of each"
        raise InvalidRequest.of(
            "asked" if many else "answer",
            "R34",
            f"give the signed question and the gateway's answer: {what}",
        )
    approval = last(application, Step.APPROVE, Step.CORRECT)
    for place, (asked, query) in enumerate(zip(evidence.asked, expected, strict=True)):
        if asked.installation.member != installation.member or not same_officer(asked.officer, officer):
            raise PermissionDenied(
                f"{asked.officer} asked the gateway and {officer} handles: who handles it asks, "
                f"so ask again as {officer}",
                reason="ANOTHER_ASKED",
            )
        if query.HasField("undertaking"):
            query.undertaking.signed_by = asked.officer
        bare = unsigned(asked.query)
        if bare != query:
            wrong = sorted(_differing(bare, query))
            raise InvalidRequest.of(
                f"asked[{place}]" if len(expected) > 1 else "question",
                "R34",
                f"is not the question of {application.number}: {', '.join(wrong)} differ; "
                "ask as the application was approved",
            )
        _insist_fresh(asked, approval, application.release_on, now=now, usable=usable)


def _insist_fresh(
    asked: AnsweredQuestion,
    approval: pb.ApplicationEvent | None,
    release_on: str,
    *,
    now: datetime,
    usable: timedelta,
) -> None:
    answered = clock.parse_stamp(asked.answer.answered_at)
    if clock.legal_day(answered).isoformat() < release_on:
        raise OutOfOrder(
            f"answered before {release_on}, the day from which it is asked (A27): ask again then",
            reason=NOT_RELEASED,
        )
    if approval is None or asked.answer.answered_at < approval.at or now - answered > usable:
        raise OutOfOrder(
            f"answered at {asked.answer.answered_at}: a document rests on an answer given after the approval "
            f"and within {usable.total_seconds() / 60:.0f} minutes: ask again",
            reason="ANSWER_NOT_FRESH",
        )


def _differing(one: query_pb2.Query, other: query_pb2.Query) -> set[str]:
    return {f.name for f in one.DESCRIPTOR.fields if getattr(one, f.name) != getattr(other, f.name)}


def line_result_of(answer: query_pb2.Answer) -> document_pb2.DocumentResult.ValueType:
    """Return the result of the answer about one person of a roster: NONE, FOUND or UNSETTLED.

    UNSETTLED means that an officer must look at this identity or case first, or that a store verifies it; the others
    get their results.
    Raises `OutOfOrder` (reason ANSWER_NOT_COMPLETE) while a store that must answer has not.
    """
    try:
        return result_of(answer)
    except OutOfOrder as error:
        if error.reason not in ("ANSWER_NOT_DECIDED", VERIFYING):
            raise
        return document_pb2.DOCUMENT_RESULT_UNSETTLED


def result_of(answer: query_pb2.Answer) -> document_pb2.DocumentResult.ValueType:
    """Return the result of the answer: NONE or FOUND.

    Both need the answer of every store. Raises `OutOfOrder` (reason ANSWER_NOT_COMPLETE, VERIFYING or
    ANSWER_NOT_DECIDED); its message gives the next step.
    """
    answered = {*ANSWERED, query_pb2.OUTCOME_ANSWERED}
    missing = [each.reason for each in answer.outcomes if each.outcome not in answered]
    if missing and set(missing) == {VERIFYING}:
        raise OutOfOrder(
            "a store verifies what it holds (2021 Provisions art. 8): begin a verification with the approval of a "
            "leader, end it and ask again later",
            reason=VERIFYING,
        )
    whole = answer.completeness == query_pb2.COMPLETENESS_COMPLETE
    if answer.finding == query_pb2.FINDING_YES:
        return document_pb2.DOCUMENT_RESULT_FOUND
    if answer.finding == query_pb2.FINDING_RECORD and whole:
        return document_pb2.DOCUMENT_RESULT_FOUND
    if answer.finding in (query_pb2.FINDING_NO, query_pb2.FINDING_NO_RECORD) and whole:
        return document_pb2.DOCUMENT_RESULT_NONE
    if not whole:
        raise OutOfOrder(
            "not every store that must answer has answered: ask again when they are back (R7)",
            reason="ANSWER_NOT_COMPLETE",
        )
    raise OutOfOrder(
        "the answer does not settle it (identity to be confirmed, or a person must decide): begin a verification, "
        "then ask again or decline",
        reason="ANSWER_NOT_DECIDED",
    )
