"""Marks: how a gateway sees, without listing anybody, that a question concerns a seal on its way to a node (R45).

A mark is an HMAC of a person's digest under a key of this gateway alone, cut to 16 bytes. Each proposal of a node
has one for every digest it names, written in the transaction that stores the proposal. A stolen database shows
how many persons have waiting seals, not who they are; an attacker who has the key can try numbers one by one.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_BYTES: Final = 16


class Mark(NamedTuple):
    """One mark of a proposal, whichever nodes that is addressed to."""

    mark: bytes
    key: str


class Concern(NamedTuple):
    """A proposal addressed to a node, found by one of its marks."""

    mark: bytes
    key: str
    node: str
    proposer: str
    acknowledged: bool


class MarkKey:
    """The key that marks are made with, and whether any are kept; used from any thread."""

    def __init__(self, *, key: bytes) -> None:
        """`key` is a secret of this gateway; marks are made with a key derived from it for this purpose alone."""
        self._key = hmac.digest(key, b"hutong gateway marks v1", "sha256")
        self._lock = threading.Lock()
        self._present, self._additions = True, 0

    @property
    def present(self) -> bool:
        """Whether there may be any mark: every question reads this, from memory."""
        return self._present

    def of(self, digests: Iterable[bytes]) -> frozenset[bytes]:
        """Return the marks of persons' digests."""
        return frozenset(hmac.digest(self._key, digest, "sha256")[:_BYTES] for digest in digests)

    def made(self, digests_of: Mapping[str, Iterable[bytes]]) -> list[Mark]:
        """Return the marks of proposals, given by key with the digests that they name."""
        return [Mark(mark, key) for key, each in digests_of.items() for mark in self.of(each)]

    def added(self) -> None:
        """Note that marks are added; to be called before that is committed."""
        with self._lock:
            self._present, self._additions = True, self._additions + 1

    def count_additions(self) -> int:
        """Return how often `added` has been called, for `none_since`."""
        return self._additions

    def none_since(self, additions: int) -> None:
        """Note that a committed transaction found no mark, when `added` had been called so often."""
        with self._lock:
            self._present = self._additions != additions
