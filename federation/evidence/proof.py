"""Everything that can be checked about a signed answer without any server: signature, question, evidence, assembly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Final, Self

from google.protobuf.message import DecodeError

from federation.charter.model import Charter
from federation.errors import Corrupt, HutongError
from federation.evidence import apart, assembled, checks
from federation.evidence.question import Put, asker_named, open_question, question_alone
from federation.evidence.report import Report, Unproven
from federation.law.disclosure import Disclosure
from federation.law.edition import edition
from federation.v1.envelope_pb2 import Envelope
from federation.v1.lookup_pb2 import NodeAnswer
from federation.v1.query_pb2 import Answer, NodeEvidence

#: The reason of an envelope whose signature does not belong to its content, whoever signed.
BAD_SIGNATURE: Final = "BAD_SIGNATURE"


@dataclass(frozen=True)
class Rules:
    """The policies and the catalogue by which answers are assembled again, and their edition."""

    disclosure: Disclosure = field(default_factory=Disclosure)
    edition: str = field(default_factory=edition)

    @classmethod
    @cache
    def here(cls) -> Self:
        """Return the rules of this program, read once."""
        return cls()


@dataclass(frozen=True, slots=True)
class Trusted:
    """What the verifier trusts, from sources of its own: charter, rules, and the moment for keys and states."""

    charter: Charter
    rules: Rules
    at: datetime


def read_answer(envelope: Envelope) -> Answer:
    """Return the signed bytes as an answer; raises `Corrupt`."""
    try:
        return Answer.FromString(envelope.payload)
    except DecodeError:
        raise Corrupt("the signed bytes are no answer") from None


def examine(
    report: Report, envelope: Envelope, answer: Answer, question: Envelope | None, trusted: Trusted
) -> None:
    """Put the result of every check of `answer`, signed in `envelope` and given to `question`, into `report`."""
    charter, at = trusted.charter, trusted.at
    same_charter = report.says("federation", lambda: checks.charter_named(answer, charter))

    def known_here(check: Callable[[], str]) -> str:
        """Run a check that depends on who the members are; another version of the charter may name others."""
        try:
            return check()
        except HutongError as error:
            if same_charter or error.reason == BAD_SIGNATURE:
                raise
            raise Unproven(f"not so under this version of the charter: {error.message}") from None

    report.says("signature", lambda: checks.signature(envelope, answer, charter, at=at))
    report.says("fields", lambda: checks.known_fields(answer, trusted.rules.edition))
    report.says("required nodes", lambda: known_here(lambda: checks.required_nodes(answer, charter)))
    report.says("completeness", lambda: checks.completeness(answer))
    report.says("minimisation", lambda: checks.minimised(answer))
    report.says("outcomes", lambda: apart.outcomes_stated(answer, trusted.rules.edition))
    report.says("node answers", lambda: checks.outcomes_proven(answer))
    signed: dict[str, NodeAnswer] = {}
    for evidence in answer.evidence:

        def one(evidence: NodeEvidence = evidence) -> str:
            signed[evidence.node], sentence = checks.node_answer(evidence, answer, charter, at=at)
            return sentence

        report.says(f"node {evidence.node}", lambda: known_here(one))
    report.says("convictions", lambda: known_here(lambda: checks.convictions(answer, signed)))
    report.says("decisions", lambda: known_here(lambda: checks.decisions(answer, signed)))
    report.says("shown", lambda: known_here(lambda: apart.all_shown(answer, signed)))
    same_rules = report.says("rules", lambda: assembled.rules_known(answer, trusted.rules.edition))
    if not same_charter or not same_rules:
        if question is not None:
            asked = question
            report.says(
                "question",
                lambda: question_alone(asked, answer, answered_at=checks.moment(answer.answered_at)),
            )
            report.says("asker", lambda: known_here(lambda: asker_named(asked, charter)))
        return
    put = report.step("question", lambda: _put(question, answer, trusted), "the question that was answered")
    if put is None:
        return
    report.says("stated", lambda: assembled.question_stated(answer, put))
    catalogue = trusted.rules.disclosure.catalogue
    report.says("assembly", lambda: assembled.assembled_again(answer, put, charter, signed, catalogue))


def _put(question: Envelope | None, answer: Answer, trusted: Trusted) -> Put:
    if question is None:
        raise Unproven(
            "the question is not attached: what was asked, by whom and about whom was not compared"
        )
    answered_at = checks.moment(answer.answered_at)
    return open_question(question, answer, trusted.charter, trusted.rules.disclosure, answered_at=answered_at)
