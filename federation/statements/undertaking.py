"""The application and undertaking for sealed records (保密承诺书, R44): signed, for one question, usable once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from google.protobuf.message import DecodeError

from federation.charter.envelope import GATEWAY, OpenedStatement, open_statement
from federation.charter.model import Charter
from federation.errors import FieldViolation, HutongError, InvalidRequest
from federation.v1 import query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import parse_stamp
from federation.values.identity import Role
from federation.values.written import written_violations

METHOD: Final = "hutong:undertake"
#: Purposes that may reach sealed records.
SEALED_ACCESS: Final = frozenset({query_pb2.PURPOSE_SEALED_CASE, query_pb2.PURPOSE_SEALED_PROVISION})
#: Characters of the promise.
MAX_PROMISE: Final = 2000
#: Characters of the reason, and of the scope.
MAX_REASON: Final = 500


def undertaken(query: query_pb2.Query, sign: Callable[[bytes], Envelope]) -> query_pb2.Query:
    """Return `query` with its application for sealed records signed by `sign`; unchanged if it has none.

    An application that is already signed stays unchanged.
    """
    undertaking = query.undertaking
    if (
        query.purpose not in SEALED_ACCESS
        or not query.HasField("undertaking")
        or undertaking.HasField("statement")
    ):
        return query
    signed = query_pb2.Query()
    signed.CopyFrom(query)
    body = application_of(query).SerializeToString(deterministic=True)
    signed.undertaking.statement.CopyFrom(sign(body))
    return signed


def application_of(query: query_pb2.Query) -> query_pb2.SealedApplication:
    """Return the application that belongs to `query`: the question itself, reason, scope and promise."""
    undertaking = query.undertaking
    return query_pb2.SealedApplication(
        question=without_undertaking(query),
        text=undertaking.text,
        reason=undertaking.reason,
        scope=undertaking.scope,
    )


def without_undertaking(query: query_pb2.Query) -> query_pb2.Query:
    """Return the bare question."""
    bare = query_pb2.Query()
    bare.CopyFrom(query)
    bare.ClearField("undertaking")
    return bare


def unsigned(query: query_pb2.Query) -> query_pb2.Query:
    """Return the question with its undertaking as it was before the officer signed it."""
    bare = query_pb2.Query()
    bare.CopyFrom(query)
    if bare.HasField("undertaking"):
        bare.undertaking.ClearField("statement")
    return bare


def undertaking_violations(query: query_pb2.Query, officer: str) -> Iterator[FieldViolation]:
    """Yield the faults of an application for sealed records."""
    if query.purpose not in SEALED_ACCESS:
        return
    undertaking = query.undertaking
    if not query.HasField("undertaking") or not undertaking.text:
        yield FieldViolation(
            "undertaking",
            "R44",
            "sealed access needs a signed confidentiality undertaking: give its text, with reason and scope",
        )
        return
    yield from written_violations("undertaking.text", undertaking.text, limit=MAX_PROMISE)
    if undertaking.signed_by != officer:
        yield FieldViolation(
            "undertaking.signed_by", "R44", "must be the officer who asks: have that officer sign it"
        )
    for name, what in (("reason", "why sealed records are needed"), ("scope", "what they will be used for")):
        missing = ("R44; 2022 Measures art. 16 [M]", f"say {what}")
        text = getattr(undertaking, name)
        yield from written_violations(f"undertaking.{name}", text, limit=MAX_REASON, missing=missing)


def read_undertaking(query: query_pb2.Query, asked: OpenedStatement, charter: Charter) -> OpenedStatement:
    """Return the signed application of a question for sealed records, opened as of when the question was signed.

    Raises `InvalidRequest` unless the officer who asks has signed it, through the same installation, for exactly
    this question. The log ensures that it is used only once.
    """
    try:
        opened = open_statement(
            query.undertaking.statement,
            charter,
            method=METHOD,
            destination=GATEWAY,
            role=Role.ASKS,
            now=parse_stamp(asked.statement.issued_at),
            as_of_version=asked.statement.charter_version,
        )
        application = query_pb2.SealedApplication.FromString(opened.statement.body)
    except HutongError as error:
        raise _wrong(f"the application is not signed as it must be: {error.message}") from None
    except DecodeError:
        raise _wrong("what is signed is no SealedApplication: sign one of this contract") from None
    if (opened.installation, opened.officer) != (asked.installation, asked.officer):
        raise _wrong(
            f"signed by {opened.officer} ({opened.installation}), not by the officer who asks: sign anew"
        )
    if application != application_of(query):
        raise _wrong(
            "signed for another question: purpose, subject, case, basis, reason and scope must agree; "
            "sign it for this one"
        )
    return opened


def _wrong(message: str) -> InvalidRequest:
    return InvalidRequest.of("undertaking.statement", "R44", message)
