"""Defects that are planted in a running node or gateway of ours: one check left out, or one part that answers falsely.

Each is named, with the role of the target and the cases of the kit that must find it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from securesystemslib import dsse

import federation.charter.envelope as envelopes
import federation.statements.asking as questions
import federation.transport.status as statuses
import gateway.asking.interconnect as interconnect
import node.asking.opening as opening
import server.opening
from federation.charter.envelope import OpenedStatement
from federation.errors import BadEnvelope, HutongError, InvalidRequest, NotPermitted
from federation.transport import access
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values.clock import parse_stamp
from federation.values.identity import KeyId
from server.journal.log import PendingEntries
from tests.support.defects import (
    BOTH,
    GATEWAY,
    Defect,
    Plant,
    ignored,
    instead,
    rule,
    together,
)


def _aim(**stated: Callable[[Statement], str]) -> Plant:
    """Take what the statement says itself for what was expected."""

    def lenient(
        check: Callable[..., None], statement: Statement, charter: Any, *, method: str, destination: str
    ) -> None:
        for_whom = SimpleNamespace(federation=charter.federation)
        if "federation" in stated:
            for_whom.federation = statement.federation
        method = statement.method if "method" in stated else method
        destination = statement.destination if "destination" in stated else destination
        check(statement, for_whom, method=method, destination=destination)

    return instead(envelopes, "check_aim", lenient)


def _moment(change: Callable[[Statement], object] | None = None, **options: Any) -> Plant:
    """Check the moment of a statement as if something in it were right."""

    def lenient(
        check: Callable[..., None], statement: Statement, current: int, *, now: Any, window: timedelta
    ) -> None:
        seen = Statement()
        seen.CopyFrom(statement)
        if change is not None:
            change(seen)
        if "clock" in options:
            now = parse_stamp(seen.issued_at)
        check(seen, seen.charter_version if "version" in options else current, now=now, window=window)

    return instead(envelopes, "check_moment", lenient)


def _author(field: str, value: Callable[[Any], str]) -> Plant:
    def lenient(check: Callable[..., None], statement: Statement, signer: Any) -> None:
        seen = Statement()
        seen.CopyFrom(statement)
        setattr(seen, field, value(signer))
        check(seen, signer)

    return instead(envelopes, "check_author", lenient)


def _shape(check: Callable[..., Any], envelope: Envelope, payload_type: str) -> Any:
    """Take the first signature, however many there are."""
    seen = Envelope()
    seen.CopyFrom(envelope)
    del seen.signatures[1:]
    return check(seen, payload_type)


def _any_type(check: Callable[..., Any], envelope: Envelope, payload_type: str) -> Any:
    seen = Envelope()
    seen.CopyFrom(envelope)
    seen.payload_type = payload_type
    return check(seen, payload_type)


def _any_role(check: Callable[..., None], entry: Any, key: Any, *, role: Any, now: Any) -> None:
    check(entry, key, role=next(iter(key.roles)), now=now)


def _believed(name: str) -> Callable[..., Any]:
    """Return an envelope check that checks nothing at all: it reads what the envelope says of itself."""

    def read(_: Any, envelope: Envelope, charter: Any, **__: Any) -> OpenedStatement:
        statement = Statement.FromString(envelope.payload)
        installation = next(iter(charter.installations))
        found = statement.officer or "nobody"
        return OpenedStatement(statement, name.encode(), KeyId("0" * 64), installation, found)

    return read


def _tolerant(kinds: type[HutongError] | tuple[type[HutongError], ...]) -> Callable[..., Any]:
    """Return a reader of questions that answers another question where it should refuse."""

    def read(original: Callable[..., Any], opened: OpenedStatement, *args: Any, **options: Any) -> Any:
        try:
            return original(opened, *args, **options)
        except kinds:
            statement = Statement()
            statement.CopyFrom(opened.statement)
            statement.body = RIGHT.body
            return original(dataclasses.replace(opened, statement=statement), *args, **options)

    return read


#: The body of a question as it should be; the tests set it.
RIGHT = Statement()


def _reading(kinds: type[HutongError] | tuple[type[HutongError], ...]) -> Plant:
    return together(
        instead(opening, "read_question", _tolerant(kinds)),
        instead(interconnect, "read_question", _tolerant(kinds)),
    )


def _status(error: type[HutongError], code: Any) -> Plant:
    return lambda patch: patch.setitem(statuses.STATUS, error, code)


def _bare_status(original: Callable[..., Any], error: Exception) -> Any:
    status = original(error)
    del status.details[:]
    return status


def _unsigned_undertaking() -> Plant:
    return lambda patch: patch.setattr(questions, "_undertaking", lambda *_: None)


#: Cases that fail once purposes and fields are not checked.
_PURPOSES = (
    "purpose-missing",
    "purpose-unknown",
    "purpose-case-number",
    "purpose-basis",
    "purpose-subject",
    "purpose-nobody",
    "purpose-unknown-fields",
    "purpose-beneficiary",
    "purpose-garbage",
    "purpose-length",
)
#: Cases that fail once an envelope is believed.
_ENVELOPES = (
    "envelope-signature",
    "envelope-payload",
    "envelope-signer",
    "envelope-borrowed-key",
    "envelope-payload-type",
    "envelope-one-signature",
    "envelope-role",
    "envelope-federation",
    "envelope-method",
    "envelope-destination",
    "envelope-author",
    "envelope-officer",
    "envelope-expired",
    "envelope-future",
    "envelope-nonce",
    "envelope-charter-version",
    "envelope-unknown-fields",
    "envelope-moment",
    "envelope-retry-of",
)
_ENTRIES = "/federation.v1.EvidenceService/ListEntries"

SHARED: list[Defect] = [
    Defect(
        "no envelope check",
        BOTH,
        together(
            instead(opening, "open_statement", _believed("opened")),
            instead(server.opening, "open_statement", _believed("opened")),
        ),
        _ENVELOPES,
    ),
    Defect(
        "no signature check",
        BOTH,
        lambda patch: patch.setattr(dsse.Envelope, "verify", ignored),
        ("envelope-signature", "envelope-payload", "envelope-borrowed-key"),
    ),
    Defect("federation not compared", BOTH, _aim(federation=str), ("envelope-federation",)),
    Defect("method not compared", BOTH, _aim(method=str), ("envelope-method",)),
    Defect("destination not compared", BOTH, _aim(destination=str), ("envelope-destination",)),
    Defect("signer not compared", BOTH, _author("installation", str), ("envelope-author",)),
    Defect("officer not asked for", BOTH, _author("officer", lambda _: "甲"), ("envelope-officer",)),
    Defect("clock ignored", BOTH, _moment(clock=True), ("envelope-expired", "envelope-future")),
    Defect(
        "nonce of any length",
        BOTH,
        _moment(lambda s: setattr(s, "nonce", bytes(16))),
        ("envelope-nonce",),
    ),
    Defect(
        "retry_of not looked at", BOTH, _moment(lambda s: setattr(s, "retry_of", b"")), ("envelope-retry-of",)
    ),
    Defect("any charter version", BOTH, _moment(version=True), ("envelope-charter-version",)),
    Defect(
        "unknown fields passed over",
        BOTH,
        lambda patch: patch.setattr(envelopes, "has_unknown_fields", lambda _: False),
        ("envelope-unknown-fields",),
    ),
    Defect("several signatures", BOTH, instead(envelopes, "_shape", _shape), ("envelope-one-signature",)),
    Defect("any payload type", BOTH, instead(envelopes, "_shape", _any_type), ("envelope-payload-type",)),
    Defect("any role signs", BOTH, instead(envelopes, "_check_in_force", _any_role), ("envelope-role",)),
    Defect(
        "replay accepted",
        BOTH,
        lambda patch: patch.setattr(PendingEntries, "replays", lambda *_: set()),
        ("envelope-replay", "sealing-undertaking-once"),
    ),
    Defect("no purpose check", BOTH, _reading(InvalidRequest), _PURPOSES),
    Defect("no policy asked", BOTH, _reading(NotPermitted), ("purpose-policy",)),
    Defect(
        "undertaking not read",
        BOTH,
        _unsigned_undertaking(),
        ("sealing-unsigned-undertaking", "sealing-undertaking-of-another", "sealing-undertaking-once"),
    ),
    Defect(
        "undertaking not asked for",
        BOTH,
        together(
            _unsigned_undertaking(),
            lambda patch: patch.setattr(questions, "undertaking_violations", lambda *_: iter(())),
        ),
        ("sealing-no-undertaking", "sealing-undertaking-reason"),
    ),
    Defect(
        "log open to everybody",
        BOTH,
        together(
            rule(access.NODE, _ENTRIES, lambda _: access.ANY_MEMBER),
            rule(access.GATEWAY, _ENTRIES, lambda _: access.ANY_MEMBER),
        ),
        ("identity-log",),
    ),
]


def refusing(patch: pytest.MonkeyPatch) -> None:
    """Refuse every question, however it is signed."""

    def refuse(*_: Any, **__: Any) -> None:
        raise BadEnvelope("no", reason="BAD_SIGNATURE")

    patch.setattr(envelopes, "check_aim", refuse)


SHARED += [Defect("everything refused", BOTH, refusing, ("envelope-accepted", "identity-server"))]
STATUSES = [
    Defect(
        "BadEnvelope as UNKNOWN",
        GATEWAY,
        _status(BadEnvelope, grpc.StatusCode.UNKNOWN),
        ("envelope-signature",),
    ),
    Defect(
        "InvalidRequest as INTERNAL",
        BOTH,
        _status(InvalidRequest, grpc.StatusCode.INTERNAL),
        ("wire-empty-page", "wire-large-message", "wire-digests", "wire-large-question"),
    ),
    Defect(
        "no details",
        BOTH,
        instead(statuses, "status_of", _bare_status),
        ("wire-empty-page", "wire-details", "purpose-named-field", "purpose-named-policy"),
    ),
]
