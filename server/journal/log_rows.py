"""The interfaces that a log needs of its store; any other store must keep them and pass their tests.

They take and return encrypted bodies and leaf hashes alone: the content of an entry, and whether it may be written, is
for `server.journal.log`. Everything happens in the transaction, or the read view, that is given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from federation.v1.envelope_pb2 import Envelope
from server.journal.view import View


class Use(NamedTuple):
    """One use of a request: signer and nonce, the number of the attempt, and the installation that forwarded it."""

    key: bytes
    attempt: int
    via: bytes


class LockedEntry(NamedTuple):
    """The leaf hash of an entry or event, its salt and body as ciphertext, and the use that it accounts for."""

    leaf: bytes
    body: bytes
    use: Use | None = None


class LogEntries(Protocol):
    """The numbered entries of one log, which are only ever added to."""

    def extent(self, view: View) -> tuple[int, int]:
        """Return how many entries there are, and the number of the last one, which is -1 if there is none."""

    def subtrees(self, view: View, number: int) -> bytes:
        """Return the hashes of all perfect subtrees that end at entry `number`, smallest first."""

    def read(self, view: View, start: int, limit: int) -> Iterator[tuple[int, LockedEntry]]:
        """Yield at most `limit` entries from number `start` on, each with its number and without its use."""

    def number_of(self, view: View, leaf: bytes) -> int | None:
        """Return the number of the entry with this leaf hash, or None."""

    def uses(self, view: View, keys: Collection[bytes]) -> Iterator[Use]:
        """Yield all uses under any of `keys`, of entries and of events, collected or not."""

    def add(self, view: View, entries: Sequence[tuple[int, bytes, LockedEntry]]) -> None:
        """Add entries, each with its number and its subtrees."""


class DeferredEvents(Protocol):
    """Events that wait for the next entry of a fixed time, in the order of their commits."""

    def add(self, view: View, events: Sequence[LockedEntry]) -> None:
        """Add events; their uses stay known after the events are collected."""

    def oldest(self, view: View, most: int | None = None) -> Iterator[tuple[int, LockedEntry]]:
        """Yield events, at most `most`, the oldest first, each with a number that grows and without its use."""

    def count(self, view: View) -> int:
        """Return how many events wait."""

    def drop(self, view: View, through: int) -> None:
        """Take out the events up to this number, which an entry has collected."""

    def collected_at(self, view: View) -> str | None:
        """Return the fixed time of the newest entry that collected, or None."""

    def set_collected(self, view: View, at: str) -> None:
        """Note the fixed time of the newest entry that collected."""


class Checkpoints(Protocol):
    """The signed states of one log: each that was signed for a size, and the one of the last fixed time."""

    def of_size(self, view: View, size: int) -> Envelope | None:
        """Return the checkpoint that was signed for this size, or None."""

    def add(self, view: View, size: int, envelope: Envelope) -> None:
        """Keep a checkpoint for a size that has none."""

    def all(self, view: View) -> Iterable[Envelope]:
        """Return every checkpoint, smallest size first."""

    def fixed(self, view: View) -> tuple[str, Envelope] | None:
        """Return the last fixed time at which one was signed, and that checkpoint; None before the first."""

    def set_fixed(self, view: View, at: str, envelope: Envelope) -> None:
        """Replace the checkpoint of the last fixed time."""
