"""Notices on their way to nodes, and the interface of a store of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from federation.transport.limits import PAGE_CONTENT
from server.journal.work import View, Work

#: A page of deliveries: at most so many notices and about so many bytes.
MOST_PER_PAGE, MOST_BYTES = 256, PAGE_CONTENT


@dataclass(frozen=True, slots=True)
class NoticeRoute:
    """A notice that goes to one node; the keys are blind tokens, and ways that share a token are delivered in order."""

    digest: bytes
    node: str
    addressing: int
    judgment_key: bytes | None
    person_key: bytes
    #: Whether the sender is shown the delivery.
    heard: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """One notice due for a node."""

    delivery_id: int
    digest: bytes
    attempts: int
    submission_id: int
    content: bytes


@dataclass(frozen=True, slots=True)
class DeliveryChange:
    """The new state of the delivery of one notice to a node (a `DeliveryState`), and why."""

    digest: bytes
    state: int
    reason: str = ""


class Deliveries(Protocol):
    """Keeps the notices on their way to each node, in order."""

    def add(self, work: Work, ways: Collection[NoticeRoute]) -> None:
        """Put notices on their way to nodes, due at once."""
        ...

    def due(self, view: View, node: str, now: float) -> list[Due]:
        """Return the next page for `node`: oldest first, without those that must wait for an earlier one.

        `now` is in seconds since 1970. Raises `Corrupt` when a notice cannot be decrypted with this gateway's key.
        """
        ...

    def undecided(self, view: View, node: str, after: int, most: int) -> list[tuple[int, bytes]]:
        """Return (delivery, digest) of notices on which an officer of `node` has to decide, after that delivery.

        Those that were received count too: they are delivered to their sender, but may still be sent on.
        """
        ...

    def nodes_of(self, view: View, digest: bytes) -> frozenset[str]:
        """Return the nodes that a notice was sent to, whatever the outcome there."""
        ...

    def delivered(self, work: Work, page: Sequence[Due]) -> None:
        """Mark a whole page as delivered."""
        ...

    def change(self, work: Work, node: str, changes: Collection[DeliveryChange]) -> None:
        """Record the outcome of each of these notices at `node`."""
        ...

    def received(self, work: Work, node: str, digests: Collection[bytes], *, kept_until: float) -> None:
        """Mark notices as delivered that `node` may still send on.

        Their documents are kept until then, in seconds since 1970.
        """
        ...

    def put_off(self, work: Work, due: Due, *, next_at: float, reason: str) -> None:
        """Count an attempt that failed; the next one is not before `next_at`, in seconds since 1970."""
        ...
