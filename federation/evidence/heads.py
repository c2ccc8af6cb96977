"""Heads of a node's log that others know, each with the node's own signature or its agency's acceptance as proof.

A head without such proof counts for nothing: otherwise one gateway could silence a node by inventing one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from federation.charter.model import Charter
from federation.errors import BadEnvelope
from federation.evidence.acceptance import Acceptance, open_acceptance
from federation.evidence.commitment import insist_opens
from federation.evidence.merkle import verify_consistency
from federation.evidence.page import read_page
from federation.v1 import heads_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.v1.lookup_pb2 import LogHead
from federation.values.clock import parse_stamp
from federation.values.heads import Head


@dataclass(frozen=True, slots=True)
class Known:
    """The highest head that somebody knows of the log of `node`."""

    node: str
    head: Head
    #: When the page was signed that states the head; empty where an acceptance states it.
    signed_at: str = ""
    page: Envelope | None = field(default=None, repr=False)
    #: Opens the commitment of that page.
    salt: bytes = field(default=b"", repr=False)
    acceptance: Acceptance | None = None

    @property
    def rank(self) -> tuple[str, int]:
        """The order of heads: a later acceptance counts for more than any size."""
        return (self.acceptance.at if self.acceptance else "", self.head.size)

    def message(self) -> heads_pb2.KnownHead:
        """Return it as it travels."""
        return heads_pb2.KnownHead(
            node=self.node,
            head=head_message(self.head),
            page=self.page,
            salt=self.salt,
            acceptance=self.acceptance.envelope if self.acceptance else None,
        )


def head_of(opening: LogHead) -> Head:
    """Return the head of a log, of what opens the commitment to it."""
    return Head(opening.log_size, opening.log_root)


def head_message(head: Head) -> heads_pb2.Head:
    """Return a head as it travels."""
    return heads_pb2.Head(size=head.size, root=head.root)


def known_after(acceptance: Acceptance) -> Known:
    """Return the head from which a log goes on by an acceptance."""
    return Known(acceptance.node, acceptance.accepted, acceptance=acceptance)


def read_known(
    message: heads_pb2.KnownHead, charter: Charter, *, now: datetime, taken: Sequence[Acceptance] = ()
) -> Known:
    """Return a head that another member states, if what comes with it proves it.

    An acceptance among those `taken` here was checked then: its signer may have left the charter since. Raises
    `BadEnvelope`, `Corrupt` or `PermissionDenied`: also for a page signed before the newest acceptance, since that page
    states what the agency has given up.
    """
    acceptance = None
    if message.HasField("acceptance"):
        known = (each for each in taken if each.envelope == message.acceptance)
        acceptance = next(known, None) or open_acceptance(message.acceptance, charter, now=now)
        if acceptance.node != message.node:
            raise BadEnvelope(
                f"an acceptance of {acceptance.node} is passed off as one of {message.node[:64]!r}"
            )
    head = Head(message.head.size, message.head.root)
    if not message.HasField("page"):
        if acceptance is None or acceptance.accepted != head:
            raise BadEnvelope(
                "nothing proves the head: give the page that states it, or the acceptance",
                reason="HEAD_UNPROVEN",
            )
        return known_after(acceptance)
    statement = read_page(message.page, charter, node=message.node, now=now)
    insist_opens(LogHead(log_size=head.size, log_root=head.root, salt=message.salt), statement.log_commitment)
    if acceptance is not None and parse_stamp(statement.signed_at) <= acceptance.signed_at:
        raise BadEnvelope(
            "the page is older than the acceptance of the log: give a newer one", reason="HEAD_GIVEN_UP"
        )
    return Known(message.node, head, statement.signed_at, message.page, message.salt, acceptance)


def goes_on(known: Head, head: Head, proof: Sequence[bytes]) -> None:
    """Raise `Corrupt` unless `proof` shows that the log under `head` contains all that was under `known`."""
    verify_consistency(known.size, head.size, known.root, head.root, proof)
