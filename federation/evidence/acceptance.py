"""The statement by which an agency accepts that its node's log lost entries, and has it go on from an earlier state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from google.protobuf.message import DecodeError

from federation.charter.envelope import STATEMENT, WINDOW, verify_payload
from federation.charter.model import Charter, Node
from federation.errors import BadEnvelope, FieldViolation, InvalidRequest
from federation.evidence.merkle import HASH_BYTES
from federation.record.texts import text_violations
from federation.statements.methods import ACCEPT_LOG
from federation.v1 import heads_pb2
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values.clock import parse_stamp
from federation.values.heads import MOST_ENTRIES, Head
from federation.values.identity import Installation, Kind, Role

#: Acceptances that are handed in together: the newest ones, each one more time that a log went back.
MOST_ACCEPTANCES: Final = 100


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An agency's acceptance of its node's log, by one of its officers."""

    node: str
    lost: Head
    accepted: Head
    reason: str
    lost_since: datetime
    officer: str
    installation: Installation
    #: When it was signed. Of two acceptances of one log, the later one counts.
    at: str
    envelope: Envelope = field(repr=False)

    @property
    def signed_at(self) -> datetime:
        """The moment of `at`."""
        return parse_stamp(self.at)


def read_acceptance(envelope: Envelope) -> Acceptance:
    """Return the acceptance in `envelope`, *unverified*; raises `BadEnvelope` or `InvalidRequest`."""
    try:
        statement = Statement.FromString(envelope.payload)
        parse_stamp(statement.issued_at)
        installation = Installation.parse(statement.installation)
        acceptance = heads_pb2.LogAcceptance.FromString(statement.body)
    except (DecodeError, ValueError):
        raise BadEnvelope("the payload is no acceptance of a log", reason="MALFORMED_ACCEPTANCE") from None
    insist_whole(acceptance)
    return Acceptance(
        node=acceptance.node,
        lost=Head(acceptance.lost.size, acceptance.lost.root),
        accepted=Head(acceptance.accepted.size, acceptance.accepted.root),
        reason=acceptance.reason,
        lost_since=parse_stamp(acceptance.lost_since),
        officer=statement.officer,
        installation=installation,
        at=statement.issued_at,
        envelope=envelope,
    )


def open_acceptance(envelope: Envelope, charter: Charter, *, now: datetime) -> Acceptance:
    """Return the acceptance in `envelope`, also long after it was signed.

    An installation of the node's own agency must have signed it, for an officer, with a key to register that was
    valid then. The node's own key never serves: whoever has the node would accept its losses. Raises `BadEnvelope`,
    `PermissionDenied` or `InvalidRequest`.
    """
    acceptance = read_acceptance(envelope)
    if acceptance.signed_at > now + WINDOW:
        raise BadEnvelope("the acceptance is signed for a time to come", reason="MALFORMED_ACCEPTANCE")
    at = min(acceptance.signed_at, now)
    signer = verify_payload(envelope, STATEMENT, charter, role=Role.REGISTERS, now=at).installation
    node = node_of(charter, acceptance.node)
    if signer.kind is not Kind.CLIENT or signer.member != node.agency:
        raise BadEnvelope(
            f"{signer} signed an acceptance of {node.name}: an officer of {node.agency} has to",
            reason="WRONG_SIGNER",
        )
    statement = Statement.FromString(envelope.payload)
    aim = (statement.federation, statement.method, statement.destination, statement.installation)
    if aim != (charter.federation, ACCEPT_LOG, str(node.installation), str(signer)):
        raise BadEnvelope("the statement is not about this node's log", reason="WRONG_METHOD")
    return acceptance


def insist_whole(acceptance: heads_pb2.LogAcceptance) -> None:
    """Raise `InvalidRequest` naming every field that is missing or cannot be read."""
    faults = [*_faults(acceptance)]
    if faults:
        raise InvalidRequest(faults)


def node_of(charter: Charter, name: str) -> Node:
    """Return the node called `name`; raises `BadEnvelope`."""
    for node in charter.nodes:
        if node.name == name:
            return node
    raise BadEnvelope(
        f"charter {charter.version} has no node {name[:64]!r}: compare the charters of both",
        reason="UNKNOWN_NODE",
    )


def _faults(acceptance: heads_pb2.LogAcceptance) -> Iterator[FieldViolation]:
    for name in ("lost", "accepted"):
        head = getattr(acceptance, name)
        if not 1 <= head.size <= MOST_ENTRIES or len(head.root) != HASH_BYTES:
            yield FieldViolation(name, "HEAD", f"a size of 1 to {MOST_ENTRIES}, and a root of 32 bytes")
    for name, why in (
        ("reason", "say why the log went back"),
        ("entered_again", "say what was entered again, or why nothing has to be"),
    ):
        text = getattr(acceptance, name)
        if not text:
            yield FieldViolation(name, "R66", why)
        yield from text_violations(name, text)
    try:
        parse_stamp(acceptance.lost_since)
    except ValueError:
        yield FieldViolation("lost_since", "FORMAT", "RFC 3339 in UTC with six decimals")
