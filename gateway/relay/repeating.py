"""Deliver again what a node took and then lost: notices with a receipt of that node signed since a moment.

Taking a notice twice changes nothing at a node, so the moment may be too early, but not too late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from federation.values.clock import stamp
from gateway.relay.delivery_store import DeliveryStore
from gateway.relay.receipt_store import ReceiptStore
from server.journal.work import Work


class Repeating:
    """Puts delivered notices on their way once more."""

    def __init__(self, *, receipts: ReceiptStore, deliveries: DeliveryStore) -> None:
        self._receipts = receipts
        self._deliveries = deliveries

    def again(self, work: Work, node: str, since: datetime) -> Sequence[bytes]:
        """Return the digests of the notices that `node` has given receipts for since then: they are due again."""
        installations = {str(n.installation) for n in work.charter.nodes if n.name == node}
        named = self._receipts.since(work.view, installations, stamp(since))
        return self._deliveries.again(work, node, named)
