"""Opening of a signed request: the statement inside the envelope, its body as a message, and the act behind it.

One row of `federation.transport.access` states an rpc's requirements for the caller and for the signing key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Self, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from federation.charter.envelope import OpenedStatement, open_statement, require_same_member
from federation.charter.model import Charter
from federation.errors import InvalidRequest, PermissionDenied, Replayed
from federation.evidence.entry import EntryKind, Value
from federation.transport.layers import Admitted, admitted
from federation.v1.envelope_pb2 import Envelope
from federation.v1.record_pb2 import Record
from federation.values.contract import beyond_contract
from federation.values.identity import Installation, Role
from server.journal.log import Once
from server.journal.work import Work

M = TypeVar("M", bound=Message)
#: Faults that one refusal names.
MOST_NAMED = 50


def once_of(opened: OpenedStatement, *, attempt: int = 1, via: str = "") -> Once:
    """Return the once of a statement, its key and nonce; `via` is a gateway that forwards it."""
    return Once(opened.keyid, opened.statement.nonce, attempt, via)


def used_before() -> Replayed:
    """Return the error of an envelope whose nonce the log knows."""
    return Replayed("this envelope was used before; sign a new one naming `retry_of`")


@dataclass(frozen=True, slots=True)
class KnownOfficer:
    """Whether an officer is registered here, and has signed with a registered key of their own."""

    registered: bool = False
    own_key: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """An act: the officer, the installation and the request (R12, R56)."""

    installation: Installation
    officer: str
    once: Once
    #: SHA-256 of the signed statement.
    digest: bytes = b""
    #: What this server knows of the officer, as it was checked when the statement was opened.
    known: KnownOfficer = KnownOfficer()

    @classmethod
    def by(cls, opened: OpenedStatement, known: KnownOfficer = KnownOfficer()) -> Self:
        """Return the act of a statement that was opened."""
        return cls(opened.installation, opened.officer, once_of(opened), opened.digest, known)

    def insist_first(self, work: Work) -> None:
        """Raise `Replayed` unless this is the first use of the request's nonce."""
        if work.log.replays(work.view, [self.once]):
            raise used_before()

    def log(self, work: Work, kind: EntryKind, *, at: str, **fields: Value) -> bytes:
        """Enter the act with its officer, installation and nonce; return the leaf hash of the entry."""
        by = str(self.installation)
        return work.log.append(kind, at=at, once=self.once, officer=self.officer, by=by, **fields)


class RequestOpener:
    """Opens requests to this server, by the charter's rules on who may sign what."""

    def __init__(
        self,
        *,
        charter: Callable[[], Charter],
        destination: str,
        now: Callable[[], datetime],
        insist_officer: Callable[[OpenedStatement], KnownOfficer] = lambda _: KnownOfficer(),
    ) -> None:
        """`insist_officer` raises for an officer who may not act here, and returns what is known of any other."""
        self._charter = charter
        self._insist_officer = insist_officer
        self._destination = destination
        self._now = now

    def open(
        self,
        envelope: Envelope,
        body: type[M],
        context: grpc.ServicerContext,
        *,
        role: Callable[[Charter], Role] | None = None,
    ) -> tuple[M, Act]:
        """Return the body and the act; raises `BadEnvelope`, `PermissionDenied` or `InvalidRequest`.

        Replay is checked when the act is carried out, in the same transaction (`Act.insist_first`).
        """
        opened = self.statement(envelope, admitted(context), role=role)
        known = self._insist_officer(opened)
        return parsed(opened, body), Act.by(opened, known)

    def statement(
        self, envelope: Envelope, caller: Admitted, *, role: Callable[[Charter], Role] | None = None
    ) -> OpenedStatement:
        """Return the statement, signed for the called rpc with a key of the role that the rpc's row names.

        `role` decides where the row names none because the role depends on the content or the caller.
        """
        charter = self._charter()
        needed = caller.rule.role if role is None else role(charter)
        if needed is None:
            raise PermissionDenied(f"{caller.method} takes no signed statement", reason="METHOD_NOT_LISTED")
        opened = open_statement(
            envelope,
            charter,
            method=caller.method,
            destination=self._destination,
            role=needed,
            now=self._now(),
        )
        require_same_member(opened, caller.peer)
        return opened


def parsed(opened: OpenedStatement, body: type[M]) -> M:
    """Return the body of a statement as the message that is expected; raises `InvalidRequest`.

    Records inside it are not looked at: they are admitted one by one, so that one faulty record holds up no page.
    """
    try:
        message = body.FromString(opened.statement.body)
    except DecodeError:
        raise InvalidRequest.of("body", "FORMAT", f"is not a {body.DESCRIPTOR.name}") from None
    violations = list(islice(beyond_contract(message, "body", but=Record.DESCRIPTOR.full_name), MOST_NAMED))
    if violations:
        raise InvalidRequest(violations)
    return message
