"""Deliver again what a node took and then lost: notices with a receipt of that node signed since a moment.

Taking a notice twice changes nothing at a node, so the moment may be too early, but not too late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from federation.charter.model import Charter
from federation.values.clock import stamp
from gateway.relay.delivery_store import DeliveryStore
from gateway.relay.receipt_store import ReceiptStore
from server.journal.journal import Journal
from server.journal.work import Work


class NoticeRepeater:
    """Puts delivered notices on their way once more."""

    def __init__(
        self,
        *,
        journal: Journal,
        receipts: ReceiptStore,
        deliveries: DeliveryStore,
        charter: Callable[[], Charter],
        wake: Callable[[frozenset[str]], None],
    ) -> None:
        """`wake` is called with a node once its notices are due again, durably."""
        self._journal = journal
        self._receipts = receipts
        self._deliveries = deliveries
        self._charter = charter
        self._wake = wake

    def taken(self, node: str, since: datetime) -> Sequence[bytes]:
        """Return the digests of the notices for which `node` has signed receipts since then."""
        installations = {str(n.installation) for n in self._charter().nodes if n.name == node}
        with self._journal.reading() as view:
            return self._receipts.since(view, installations, stamp(since))

    def again(self, work: Work, node: str, digests: Sequence[bytes]) -> Sequence[bytes]:
        """Make these notices due for `node` once more; return those that it had taken from here."""
        return self._deliveries.again(work, node, digests)

    def wake(self, node: str) -> None:
        """Deliver soon what is due for `node`."""
        self._wake(frozenset({node}))
