"""Commitments to the state of a log: members get them in place of size and root, whose growth would tell of seals.

Without its salt a commitment discloses nothing. The salt follows from the state and the moment of signing under a key
that only the log's server and its auditors have. So they can open every commitment, however old, and nobody can open it
to another state: a kept answer convicts a log that was rewritten.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256

from federation.errors import Corrupt
from federation.evidence.merkle import HASH_BYTES
from federation.v1.lookup_pb2 import LogHead
from federation.values.heads import MOST_ENTRIES

_COMMITMENT = b"hutong log commitment v1\x1f"
_SALT = b"hutong log commitment salt v1\x1f"
_SIZE_BYTES = 8


def commitment_of(head: LogHead) -> bytes:
    """Return the commitment that `head` opens; raises `Corrupt` when a part has no 32 bytes, or no log is so long."""
    if len(head.log_root) != HASH_BYTES or len(head.salt) != HASH_BYTES:
        raise Corrupt("a root or salt of a log's head does not have 32 bytes", reason="WRONG_LOG_HEAD")
    if head.log_size > MOST_ENTRIES:
        raise Corrupt("no log has so many entries", reason="WRONG_LOG_HEAD")
    return sha256(_COMMITMENT + head.salt + _size(head.log_size) + head.log_root).digest()


def insist_opens(head: LogHead, commitment: bytes) -> None:
    """Raise `Corrupt` unless `head` is what `commitment` was made of."""
    if commitment_of(head) != commitment:
        raise Corrupt(
            "the head of the log is not the one that the signed commitment was made of",
            reason="WRONG_LOG_HEAD",
        )


class Commitments:
    """The commitments of one log."""

    def __init__(self, *, key: bytes) -> None:
        self._key = key

    def head(self, size: int, root: bytes, *, at: str) -> LogHead:
        """Return the head of a log of `size` entries, with the salt of what is signed `at` that moment.

        The moment keeps two signatures over one state from being recognised as such: they would tell that nothing
        was entered in between.
        """
        salt = hmac.digest(self._key, _SALT + at.encode() + _size(size) + root, "sha256")
        return LogHead(log_size=size, log_root=root, salt=salt)

    def commit(self, size: int, root: bytes, *, at: str) -> bytes:
        """Return the commitment to a log of `size` entries, for what is signed `at` that moment."""
        return commitment_of(self.head(size, root, at=at))

    def find(self, commitment: bytes, states: Iterable[tuple[int, bytes]], *, at: str) -> LogHead | None:
        """Return that of `states` (size, root) which opens a commitment signed `at` that moment, None if none does."""
        for size, root in states:
            head = self.head(size, root, at=at)
            if commitment_of(head) == commitment:
                return head
        return None


def _size(size: int) -> bytes:
    return size.to_bytes(_SIZE_BYTES, "big")
