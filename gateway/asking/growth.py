"""The growth of a node's log during one stream: it goes on from the highest head known here, and only grows."""

from __future__ import annotations

from federation.errors import Corrupt
from federation.evidence.heads import Known, goes_on, head_of
from federation.v1.lookup_pb2 import LookupResponse


class Growth:
    """What one stream has shown of the node's log. That the node signed it is checked elsewhere."""

    def __init__(self) -> None:
        self._proven = False
        self._size = 0

    def to_state(self, known: Known | None) -> Known | None:
        """Return the head to state with the next page: the highest one, unless this stream has gone beyond it."""
        stated = known is not None and self._proven and known.head.size <= self._size
        return None if stated else known

    def check(self, known: Known | None, response: LookupResponse) -> None:
        """Raise `Corrupt` unless the log goes on from `known`, if stated, and has grown since the page before."""
        head = head_of(response.head)
        if known is not None:
            goes_on(known.head, head, response.extends)
        if head.size <= self._size:
            raise Corrupt(f"the log has {head.size} entries, and had {self._size}")
        self._proven, self._size = True, head.size
