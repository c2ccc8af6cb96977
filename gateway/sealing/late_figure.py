"""Whether any seal waits too long for a node: yes or no, and nothing that would count seals.

A row has no time. So one seal of each queue is remembered from the look that found it first; when it still waits an
hour later, seals are late. A new start begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from federation.charter.model import Charter, InstallationState
from gateway.sealing.late_store import LateSealStore
from server.figures import Meaning, Sample
from server.journal.journal import Journal
from server.journal.work import View

LATE: Final = "hutong_seals_late"
#: How long a seal may wait for a node that the charter lets be called.
LIMIT: Final = timedelta(hours=1)


class LateSealFigure:
    """Looks at one seal of each queue whenever the figure is read."""

    meanings: Mapping[str, Meaning] = {
        LATE: Meaning("1 when a seal has waited for an active node for an hour or more, else 0")
    }

    def __init__(
        self,
        *,
        journal: Journal,
        store: LateSealStore,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._store = store
        self._charter = charter
        self._now = now
        #: (node, urgent) -> the seal looked at, and since when.
        self._seen: dict[tuple[str, bool], tuple[str, datetime]] = {}

    def samples(self) -> Iterator[Sample]:
        """Yield the figure."""
        charter, late = self._charter(), False
        with self._journal.reading() as view:
            for node in charter.nodes:
                entry = charter.installations.get(node.installation)
                if entry is not None and entry.state is InstallationState.ACTIVE:
                    for urgent in (True, False):
                        late |= self._is_late(view, str(node.name), urgent)
        yield Sample(LATE, int(late))

    def _is_late(self, view: View, node: str, urgent: bool) -> bool:
        now, seen = self._now(), self._seen.pop((node, urgent), None)
        if seen is None or not self._store.waits(view, node, seen[0]):
            first = self._store.first(view, node, urgent=urgent)
            seen = None if first is None else (first, now)
        if seen is None:
            return False
        self._seen[node, urgent] = seen
        return now - seen[1] >= LIMIT
