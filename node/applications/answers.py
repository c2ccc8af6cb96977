"""Is this the gateway's answer to the question of this application? Read, checked, and what it amounts to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from google.protobuf.message import DecodeError

from federation import clock
from federation.applications.question import question_of
from federation.charter.model import Charter
from federation.envelope import GATEWAY, STATEMENT, verify_payload
from federation.errors import BadEnvelope, InvalidRequest, OutOfOrder, PermissionDenied
from federation.evidence import answer_file
from federation.identity import Installation, Role
from federation.methods import ASK
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2
from federation.v1.envelope_pb2 import Envelope, Statement
from node.applications.history import last
from node.applications.machine import Step, identity


@dataclass(frozen=True, slots=True)
class Evidence:
    """A question as it was signed and the gateway's answer to it, both verified."""

    query: query_pb2.Query
    answer: query_pb2.Answer
    officer: str
    installation: Installation
    question_digest: bytes
    answer_digest: bytes


def read_evidence(question: Envelope, answer: Envelope, charter: Charter, *, now: datetime) -> Evidence:
    """Return what the two envelopes say once everything about them holds.

    Raises `BadEnvelope`, `PermissionDenied` or `Corrupt`: a forged answer, another question, another signer.
    """
    asked = verify_payload(question, STATEMENT, charter, role=Role.ASKS, now=now)
    try:
        statement = Statement.FromString(asked.payload)
        query = query_pb2.Query.FromString(statement.body)
    except DecodeError:
        raise BadEnvelope("the question cannot be read", reason="MALFORMED_STATEMENT") from None
    if (statement.method, statement.destination, statement.federation) != (ASK, GATEWAY, charter.federation):
        raise BadEnvelope("the question was not signed for the gateway", reason="WRONG_DESTINATION")
    said = answer_file.verify(answer_file.render(answer), lambda moment: charter).require()
    if said.request_digest != asked.digest:
        raise BadEnvelope("the answer is to another question than the one given", reason="WRONG_REQUEST")
    return Evidence(
        query=query,
        answer=said,
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
    """Raise unless the question is that of `application`, put by the handling officer, answered just now."""
    if evidence.installation.member != installation.member or identity(evidence.officer) != identity(officer):
        raise PermissionDenied(
            f"{evidence.officer} asked the gateway and {officer} handles: who handles it asks",
            reason="ANOTHER_ASKED",
        )
    expected = question_of(application, officer=evidence.officer)
    if evidence.query != expected:
        wrong = sorted(_differing(evidence.query, expected))
        raise InvalidRequest.of(
            "question", "R34", f"is not the question of {application.number}: {', '.join(wrong)} differ"
        )
    approval = last(application, Step.APPROVE, Step.CORRECT)
    answered = clock.parse_stamp(evidence.answer.answered_at)
    if approval is None or evidence.answer.answered_at < approval.at or now - answered > usable:
        raise OutOfOrder(
            f"answered at {evidence.answer.answered_at}: a document rests on an answer given after the approval "
            f"and within {usable.total_seconds() / 60:.0f} minutes: ask again",
            reason="ANSWER_NOT_FRESH",
        )


def _differing(one: query_pb2.Query, other: query_pb2.Query) -> set[str]:
    return {f.name for f in one.DESCRIPTOR.fields if getattr(one, f.name) != getattr(other, f.name)}


def result_of(answer: query_pb2.Answer) -> document_pb2.DocumentResult.ValueType:
    """Return what the answer amounts to: NONE or FOUND.

    A clean result needs every store's answer, and so does a full one. Raises `OutOfOrder` (reason
    ANSWER_NOT_COMPLETE or ANSWER_NOT_DECIDED) saying what to do.
    """
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
