"""The store's look at seals that wait for a node: one of them, and whether it waits still."""

from __future__ import annotations

from sqlalchemy import bindparam, select, text

from gateway.sealing.schema import sealing_proposal
from server.journal.work import View

_P = sealing_proposal
# With literals, so that SQLite uses the index of waiting proposals; in its order, the oldest comes first.
_FIRST = (
    select(_P.c.key)
    .where(_P.c.node == bindparam("its"), text("acknowledged = 0"), _P.c.urgent == bindparam("first"))
    .limit(1)
)
_WAITS = select(_P.c.key).where(
    _P.c.node == bindparam("its"), _P.c.key == bindparam("one"), text("acknowledged = 0")
)


class LateSealStore:
    """Reads single seals on their way. It needs no key."""

    def first(self, view: View, node: str, *, urgent: bool) -> str | None:
        """Return the key of a seal that waits for `node`."""
        return view.execute(_FIRST, {"its": node, "first": urgent}).scalar()

    def waits(self, view: View, node: str, key: str) -> bool:
        """Say whether that seal waits for `node`."""
        return view.execute(_WAITS, {"its": node, "one": key}).first() is not None
