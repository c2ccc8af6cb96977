"""The application and undertaking for a document of a sealed record (R44): signed, for one reading, usable once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from google.protobuf.message import DecodeError

from federation.charter.envelope import OpenedStatement, open_statement
from federation.charter.model import Charter
from federation.errors import FieldViolation, HutongError, InvalidRequest
from federation.statements.undertaking import MAX_PROMISE, MAX_REASON, METHOD
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation, Role
from federation.values.written import written_violations


def undertaken(wanted: pb.DocumentWanted, sign: Callable[[bytes], Envelope]) -> pb.DocumentWanted:
    """Return `wanted` with its undertaking, if it has one, signed by `sign` as a statement of its own."""
    signed = pb.DocumentWanted()
    signed.CopyFrom(wanted)
    if wanted.HasField("undertaking"):
        body = _application_of(wanted).SerializeToString(deterministic=True)
        signed.undertaking.statement.CopyFrom(sign(body))
    return signed


def read_undertaking(
    wanted: pb.DocumentWanted,
    *,
    reader: Installation,
    officer: str,
    node: Installation,
    charter: Charter,
    now: datetime,
) -> OpenedStatement:
    """Return the signed application of a reading; the log ensures that it is used only once.

    Raises `InvalidRequest` unless the officer who reads has signed it, through the same installation, for
    exactly this reading at this node, with promise, reason and scope.
    """
    undertaking = wanted.undertaking
    violations = [
        violation
        for name, value, limit, what in (
            ("text", undertaking.text, MAX_PROMISE, "what is promised"),
            ("reason", undertaking.reason, MAX_REASON, "why sealed records are needed"),
            ("scope", undertaking.scope, MAX_REASON, "what they will be used for"),
        )
        for violation in written_violations(
            f"undertaking.{name}", value, limit=limit, missing=("R44", f"say {what}")
        )
    ]
    if undertaking.signed_by != officer:
        violations.append(FieldViolation("undertaking.signed_by", "R44", "must be the officer who reads"))
    if violations:
        raise InvalidRequest(violations)
    try:
        opened = open_statement(
            undertaking.statement, charter, method=METHOD, destination=str(node), role=Role.REGISTERS, now=now
        )
        application = pb.SealedReading.FromString(opened.statement.body)
    except HutongError as error:
        raise _wrong(f"the application is not signed as it must be: {error.message}") from None
    except DecodeError:
        raise _wrong("what is signed is no SealedReading") from None
    if (opened.installation, opened.officer) != (reader, officer):
        raise _wrong(f"signed by {opened.officer} ({opened.installation}), not by the officer who reads")
    if application != _application_of(wanted):
        raise _wrong("signed for another reading: document, case, reason and scope must agree")
    return opened


def _application_of(wanted: pb.DocumentWanted) -> pb.SealedReading:
    bare = pb.DocumentWanted()
    bare.CopyFrom(wanted)
    bare.ClearField("undertaking")
    undertaking = wanted.undertaking
    return pb.SealedReading(
        wanted=bare, text=undertaking.text, reason=undertaking.reason, scope=undertaking.scope
    )


def _wrong(message: str) -> InvalidRequest:
    return InvalidRequest.of("undertaking.statement", "R44", message)
