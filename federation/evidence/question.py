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
from federation.v1.query_pb2 import Answer
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
    if hashlib.sha256(question.payload).digest() != answer.request_digest:
        raise Corrupt("the question attached is not the one that was answered")
    statement = _statement(question)
    issued_at = _moment(statement.issued_at)
    if not issued_at - WINDOW <= answered_at <= issued_at + WINDOW + MOST_ANSWERING:
        raise Corrupt(f"answered at {answer.answered_at}, but asked at {statement.issued_at}")
    opened = open_statement(
        question,
        charter,
        method=ASK,
        destination=GATEWAY,
        role=Role.ASKS,
        now=issued_at,
        as_of_version=statement.charter_version,
    )
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
