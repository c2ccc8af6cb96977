"""Deliver proposals in the background, on one thread for each node, so that a node that hangs delays no other.

Steps are small, with rests for questions in between. A node that cannot be reached, or that runs an earlier
program, causes one warning and growing pauses.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from federation.background.fleet import Worker
from federation.charter.model import Charter, InstallationState, Node
from federation.errors import CannotAccount, HutongError, InvalidRequest
from federation.statements.seals import MOST_PER_PAGE
from gateway.sealing.delivering import SealDeliverer
from gateway.sealing.page_size import MOST_DURING_QUESTIONS, PageSize
from gateway.sealing.syncing import FetchedSeals
from gateway.sealing.under_way import UnderWay
from server.journal.giving_way import REST

#: Seconds: between looks when nothing calls `wake`, and the longest pause after failures.
LOOK_S, LONGEST_PAUSE_S = 2.0, 10.0
#: While questions are asked, each step is followed by a rest, in which more seals gather for the next page.
_LEAST_REST_S, _LONGEST_REST_S = 0.5, 1.0
#: Seconds that all workers get to end.
END_S: Final = 10.0


class SealWorker(Worker):
    """Fetches the list of the node called `name`, and delivers proposals and others' acknowledgements to it."""

    def __init__(
        self,
        name: str,
        *,
        delivering: SealDeliverer,
        syncing: FetchedSeals,
        under_way: UnderWay,
        charter: Callable[[], Charter],
    ) -> None:
        super().__init__(f"seals-{name}", self._deliver, every_s=LOOK_S, longest_s=LONGEST_PAUSE_S)
        self._name = name
        self._delivering = delivering
        self._syncing = syncing
        self._under_way = under_way
        self._charter = charter
        self._size = PageSize()

    def _deliver(self) -> bool:
        started = time.monotonic()
        busy = self._step()
        if busy and self._under_way.recent:
            rest = REST * (time.monotonic() - started)
            self._loop.rest(min(max(rest, _LEAST_REST_S), _LONGEST_REST_S))
        return busy

    def _step(self) -> bool:
        """Deliver one page of each kind; return True when more may wait."""
        node = self._node()
        if node is None:
            return False
        if not self._syncing.ready(node):
            self._syncing.sync(node)
        most = self._size.next(asked=self._under_way.recent)
        started = time.monotonic()
        try:
            delivered = self._delivering.deliver(node, most=most)
        except HutongError as error:
            if isinstance(error, InvalidRequest) or error.reason in (
                "DEADLINE_EXCEEDED",
                CannotAccount.reason,
            ):
                self._size.refused(most)
            raise
        self._size.accepted(delivered, most, time.monotonic() - started)
        acknowledged = self._delivering.tell(
            node, most=MOST_DURING_QUESTIONS if self._under_way.recent else MOST_PER_PAGE
        )
        return bool(delivered or acknowledged)

    def _node(self) -> Node | None:
        """Return the node if the charter lets it be called; what waits for a suspended node stays."""
        charter = self._charter()
        for node in charter.nodes:
            if str(node.name) == self._name:
                entry = charter.installations.get(node.installation)
                return node if entry is not None and entry.state is InstallationState.ACTIVE else None
        return None
