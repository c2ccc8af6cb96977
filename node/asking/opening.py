"""Open a question: determine asker, rules and subject, or the reason to refuse it before any look-up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from google.protobuf.message import DecodeError

from federation.charter.envelope import GATEWAY, OpenedStatement, open_statement
from federation.charter.model import Charter
from federation.errors import HutongError, InvalidRequest, OutOfOrder
from federation.law.disclosure import Disclosure
from federation.statements.asking import CheckedQuestion, read_question
from federation.statements.methods import ASK
from federation.v1 import lookup_pb2, query_pb2
from federation.values.identity import Role
from federation.values.tokens import subject_digests
from node.applications.mandates import Mandates
from node.asking.lookup import Wanted
from server.journal.log import MAX_ATTEMPTS

ATTEMPT_OUT_OF_RANGE = "ATTEMPT_OUT_OF_RANGE"
_Digests: TypeAlias = tuple[Sequence[bytes], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class QuestionItem:
    """One question of a page on its way to an answer; `asked` or `refused` is given."""

    digest: bytes
    opened: OpenedStatement | None = None
    asked: CheckedQuestion | None = None
    refused: HutongError | None = None
    attempt: int = 1
    #: The digests of the person asked about, those that identify and those that only find; made once, they are dear.
    digests: _Digests = ((), ())
    #: Digests of the persons about whom spreading seals are added to the answer.
    persons: tuple[bytes, ...] = ()
    #: The kind of breach by which this node answers late; "" where it does not (R51).
    breach: str = ""

    def wanted(self) -> Wanted | None:
        """Return the person to look up; None for a question that is refused."""
        return Wanted(self.asked.query.subject, self.asked.reach, self.digests) if self.asked else None


class QuestionOpener:
    """Opens questions as gateways pass them on."""

    def __init__(
        self,
        *,
        disclosure: Disclosure,
        mandates: Mandates,
        allow_synthetic: bool,
        insist_officer: Callable[[OpenedStatement], object],
    ) -> None:
        """`insist_officer` raises for an officer of the own member who is not on the roll."""
        self._insist_officer = insist_officer
        self._disclosure = disclosure
        self._mandates = mandates
        self._allow_synthetic = allow_synthetic

    def open(self, question: lookup_pb2.Question, charter: Charter, now: datetime) -> QuestionItem:
        """Return the question, opened, or with the error for which it is refused."""
        digest = hashlib.sha256(question.envelope.payload).digest()
        opened = None
        try:
            opened = open_statement(
                question.envelope, charter, method=ASK, destination=GATEWAY, role=Role.ASKS, now=now
            )
            _insist_attempt(question.attempt)
            self._insist_officer(opened)
            asked = read_question(
                opened, charter, self._disclosure, now=now, allow_synthetic=self._allow_synthetic
            )
            self._mandates.insist(asked, opened, charter)
        except HutongError as error:
            persons = () if opened is None else _persons(_subject(opened), question)
            return QuestionItem(digest, refused=error, persons=persons)
        digests = subject_digests(asked.query.subject)
        persons = _persons(digests, question)
        return QuestionItem(digest, opened, asked, attempt=question.attempt, digests=digests, persons=persons)


def _subject(opened: OpenedStatement) -> _Digests:
    """Return the digests of the person asked about in a refused question; none when it cannot be read."""
    try:
        return subject_digests(query_pb2.Query.FromString(opened.statement.body).subject)
    except (DecodeError, ValueError, InvalidRequest):
        return (), ()


def _persons(digests: _Digests, question: lookup_pb2.Question) -> tuple[bytes, ...]:
    """Return the digests of all persons about whom the question asks: the subject, and those that others named."""
    return (*digests[0], *digests[1], *question.person_digests)


def _insist_attempt(attempt: int) -> None:
    """Raise `OutOfOrder` unless the log can distinguish the attempt from the others."""
    if not 1 <= attempt <= MAX_ATTEMPTS:
        raise OutOfOrder(
            f"attempt {attempt} is not one of 1 to {MAX_ATTEMPTS}: sign a new question",
            reason=ATTEMPT_OUT_OF_RANGE,
        )
