"""Numbers of recalls as members see them: in no order, so that they do not show how many others have received (R45).

A gateway numbers the recalls of all members together. A member that saw these numbers would learn from the gap between
two of its own how many answers were recalled elsewhere, and so that something was sealed. What it sees is the number
under a permutation of its own (four rounds of Feistel, keyed), good for nothing but asking for what comes after.
"""

from __future__ import annotations

import hmac
from typing import Final

from federation.errors import InvalidRequest
from gateway.strongbox import Strongbox

_ROUNDS: Final = 4
_HALF_BITS: Final = 32
_HALF: Final = (1 << _HALF_BITS) - 1
#: More recalls than a gateway makes; whatever decrypts to more was never given out.
_MOST: Final = 1 << 40


class Cursors:
    """The permutations of one gateway."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def shown(self, number: int, member: str) -> int:
        """Return a recall's number as `member` sees it."""
        left, right = number >> _HALF_BITS, number & _HALF
        for turn in range(_ROUNDS):
            left, right = right, left ^ self._mixed(turn, right, member)
        return left << _HALF_BITS | right

    def number(self, shown: int, member: str) -> int:
        """Return the number that `member` sees as `shown`; 0 stays 0. Raises `InvalidRequest` for any other number."""
        if not shown:
            return 0
        left, right = shown >> _HALF_BITS, shown & _HALF
        for turn in reversed(range(_ROUNDS)):
            left, right = right ^ self._mixed(turn, left, member), left
        number = left << _HALF_BITS | right
        if number >= _MOST:
            raise InvalidRequest.of(
                "after", "RANGE", "is the number of no recall: give that of the last one you were shown, or 0"
            )
        return number

    def _mixed(self, turn: int, half: int, member: str) -> int:
        key = self._box.token("cursor", member)
        return int.from_bytes(hmac.digest(key, bytes([turn]) + half.to_bytes(4, "big"), "sha256")[:4], "big")
