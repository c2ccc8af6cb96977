"""The answer as it is sent: what was asked, what was found, by which rules, and the evidence that it rests on."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from federation.answers import wording
from federation.answers.assembling import Assembled
from federation.law.edition import edition
from federation.v1 import query_pb2
from federation.values.clock import stamp
from federation.values.enum_names import parse_granularity, parse_record_class
from federation.values.identity import Installation
from gateway.asking.question import Question


def composed(
    question: Question, result: Assembled, entry: bytes, *, gateway: Installation, at: datetime
) -> query_pb2.Answer:
    """Return the unsigned answer of `gateway`; `entry` is the leaf hash of the request's log entry."""
    asked, charter = question.asked, question.charter
    return query_pb2.Answer(
        federation=charter.federation,
        charter_version=charter.version,
        charter_digest=charter.digest,
        answer_id=uuid4().hex,
        request_digest=question.digest,
        request_entry=entry,
        gateway=str(gateway),
        answered_at=stamp(at),
        purpose=asked.query.purpose,
        granularity=parse_granularity(asked.shown),
        basis=asked.query.basis,
        completeness=result.completeness,
        finding=result.finding,
        outcomes=result.outcomes,
        convictions=result.convictions,
        decisions=result.decisions,
        listed_offences=result.listed,
        graded=result.graded,
        policies=[
            query_pb2.PolicyReason(id=p.id, clause=p.clause, says=p.says) for p in asked.ruling.policies
        ],
        classes_searched=[parse_record_class(name) for name in asked.reach.classes],
        terms=wording.terms(asked),
        advice=wording.advice(result.completeness, result.finding, asked.reach.classes),
        evidence=result.evidence,
        watermark=question.digest.hex() if asked.sealed_access else "",
        bars=map(wording.bar, result.bars),
        rules=edition(),
    )
