"""The signed question behind an answer, opened again as the gateway opened it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from google.protobuf.message import DecodeError

from federation.charter.envelope import GATEWAY, WINDOW, OpenedStatement, open_statement
from federation.charter.model import Charter
from federation.errors import Corrupt, HutongError
from federation.law.disclosure import Disclosure
from federation.statements.asking import CheckedQuestion, read_question
from federation.statements.methods import ASK
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.v1.query_pb2 import Answer, Query
from federation.values import clock
from federation.values.identity import Role

#: How long after its request an answer may be given; a gateway needs seconds.
MOST_ANSWERING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Put:
    """A question as it was put to the gateway, and the days on which it may have arrived there."""

    opened: OpenedStatement
    readings: tuple[tuple[date, CheckedQuestion], ...]


def open_question(
    question: Envelope, answer: Answer, charter: Charter, disclosure: Disclosure, *, answered_at: datetime
) -> Put:
    """Return the question that `answer` answers, with what the policies make of it on the day it was asked.

    Raises `Corrupt` when it is another question, or was asked at another time than the answer says; and as
    `open_statement` and `read_question` do when the gateway should have refused it.
    """
    issued_at = _moment(_answered(question, answer, answered_at).issued_at)
    opened = _opened(question, charter)
    readings: list[tuple[date, CheckedQuestion]] = []
    days = [*_days(issued_at, answered_at)]
    for day, moment in days:
        try:
            asked = read_question(opened, charter, disclosure, now=moment, allow_synthetic=True)
        except HutongError:  # around midnight a provision may be in force on one of the two days
            if not readings and day == days[-1][0]:
                raise
        else:
            readings.append((day, asked))
    return Put(opened, tuple(readings))


def question_alone(question: Envelope, answer: Answer, *, answered_at: datetime) -> str:
    """Check what any edition of the rules makes of a question: it is the one answered, and no less than was asked.

    Raises `Corrupt`. Whether the answer follows from it is not looked at: that takes the rules of then.
    """
    statement = _answered(question, answer, answered_at)
    stated = (statement.federation, statement.method, statement.destination)
    if stated != (answer.federation, ASK, GATEWAY):
        raise Corrupt("the question attached was signed for something else than a gateway of this federation")
    try:
        query = Query.FromString(statement.body)
    except DecodeError:
        raise Corrupt("the question cannot be read") from None
    for name in ("purpose", "basis"):
        if getattr(answer, name) != getattr(query, name):
            raise Corrupt(f"{name} is not that of the question")
    if query.granularity and answer.granularity > query.granularity:
        raise Corrupt("the answer shows more than the question asked for")
    if answer.bars and not query.with_bars:
        raise Corrupt("bars are shown that nobody asked for")
    return "the question that was answered: purpose, provision and time agree; the rules were not applied"


def asker_named(question: Envelope, charter: Charter) -> str:
    """Check that the question was signed by a member's officer as questions are; raises as `open_statement`."""
    opened = _opened(question, charter)
    return f"asked by {opened.officer} of {opened.installation.member}"


def _answered(question: Envelope, answer: Answer, answered_at: datetime) -> Statement:
    """Return the statement of the question that `answer` answers; raises `Corrupt` for another one."""
    if hashlib.sha256(question.payload).digest() != answer.request_digest:
        raise Corrupt("the question attached is not the one that was answered")
    statement = _statement(question)
    issued_at = _moment(statement.issued_at)
    if not issued_at - WINDOW <= answered_at <= issued_at + WINDOW + MOST_ANSWERING:
        raise Corrupt(f"answered at {answer.answered_at}, but asked at {statement.issued_at}")
    return statement


def _opened(question: Envelope, charter: Charter) -> OpenedStatement:
    statement = _statement(question)
    return open_statement(
        question,
        charter,
        method=ASK,
        destination=GATEWAY,
        role=Role.ASKS,
        now=_moment(statement.issued_at),
        as_of_version=statement.charter_version,
    )


def _days(issued_at: datetime, answered_at: datetime) -> Iterator[tuple[date, datetime]]:
    """Yield the legal days on which the question may have arrived: two around midnight, else one."""
    first, last = clock.legal_day(issued_at), clock.legal_day(answered_at)
    yield first, issued_at
    if last != first:
        yield last, answered_at


def _moment(text: str) -> datetime:
    try:
        return clock.parse_stamp(text)
    except ValueError:
        raise Corrupt("the question states no time of this contract") from None


def _statement(question: Envelope) -> Statement:
    try:
        return Statement.FromString(question.payload)
    except DecodeError:
        raise Corrupt("the question cannot be read") from None
