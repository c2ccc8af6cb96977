"""How many seals go to a node at once: more while it is quick, fewer while it is slow or refuses so many."""

from __future__ import annotations

from federation.statements.seals import MOST_PER_PAGE

#: A page starts small and grows while the node accepts a full one within `QUICK_S` seconds; a busy node gets smaller
#: pages, so that its own work never waits long for one. A page costs about as much with one seal as with many: on a
#: machine where every call is slow, pages below `LEAST` would only make the backlog last longer.
FIRST_PAGE, LEAST, QUICK_S, SLOW_S, MOST_DURING_QUESTIONS = 32, 8, 0.25, 0.75, 64


class PageSize:
    """The size of the next page to one node."""

    def __init__(self) -> None:
        self._most = FIRST_PAGE

    def next(self, *, asked: bool) -> int:
        """Return the most seals of the next page; `asked` says that questions are being asked meanwhile."""
        return min(self._most, MOST_DURING_QUESTIONS) if asked else self._most

    def accepted(self, delivered: int, most: int, took_s: float) -> None:
        """Fit the size to a page of at most `most` seals, of which `delivered` were taken within `took_s` seconds."""
        if took_s > SLOW_S and most > LEAST:
            self._most = max(LEAST, most // 2)
        elif delivered == most == self._most and (took_s < QUICK_S or most < LEAST):
            self._most = min(MOST_PER_PAGE, most * 2)

    def refused(self, most: int) -> None:
        """Halve the size, down to a single seal: a page of `most` was too large for the node."""
        self._most = max(1, most // 2)
