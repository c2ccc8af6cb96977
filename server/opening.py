"""Open a signed request at a node: the statement, its body as the message expected, and who acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from federation.charter.envelope import open_statement, require_same_member
from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.transport.layers import peer_of
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation, Role
from server.journal.log import Once

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, through which installation, by which request (R12, R56)."""

    installation: Installation
    officer: str
    once: Once


class Opening:
    """Knows this node as a destination, and the charter that says who may sign what."""

    def __init__(
        self, *, charter: Callable[[], Charter], destination: Installation, now: Callable[[], datetime]
    ) -> None:
        self._charter = charter
        self._destination = str(destination)
        self._now = now

    def open(
        self,
        envelope: Envelope,
        method: str,
        body: type[M],
        context: grpc.ServicerContext,
        *,
        role: Role = Role.REGISTERS,
    ) -> tuple[M, Act]:
        """Return the body and the act; raises `BadEnvelope`, `PermissionDenied` or `InvalidRequest`.

        Replay is checked when the act is carried out, in the same transaction.
        """
        opened = open_statement(
            envelope,
            self._charter(),
            method=method,
            destination=self._destination,
            role=role,
            now=self._now(),
        )
        require_same_member(opened, peer_of(context))
        try:
            message = body.FromString(opened.statement.body)
        except DecodeError:
            raise InvalidRequest.of("body", "FORMAT", f"is not a {body.DESCRIPTOR.name}") from None
        return message, Act(opened.installation, opened.officer, Once(opened.keyid, opened.statement.nonce))
