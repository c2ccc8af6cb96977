"""The outbox: notices due for a node, in order and in bounded pages, and the outcome of their delivery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.notices.check import parse_notice
from federation.notices.documents import limits
from federation.notices.kinds import FOLLOWING
from federation.notices.receipts import FINAL
from federation.notices.routing import stops
from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from gateway.documents.kept import Carriages
from gateway.relay.deliveries import MOST_PER_PAGE, Deliveries, DeliveryChange, Due, NoticeRoute
from gateway.relay.fitting import ways_to
from gateway.relay.notice_store import NoticeStore
from gateway.relay.receipt_store import ReceiptStore
from gateway.strongbox import Strongbox
from server.journal.journal import Journal
from server.journal.work import Work


@dataclass(frozen=True, slots=True)
class _Onward:
    """A notice that a node sends on to another division, and its ways there."""

    digest: bytes
    division: str
    ways: Sequence[NoticeRoute]


class DeliveryOutbox:
    """Gives out the deliveries of one gateway and records their outcomes."""

    def __init__(
        self,
        *,
        journal: Journal,
        deliveries: Deliveries,
        notices: NoticeStore,
        receipts: ReceiptStore,
        strongbox: Strongbox,
        carriages: Carriages,
        carry: Callable[[frozenset[str]], None],
    ) -> None:
        """`strongbox` makes the order keys of notices that are sent on.

        `carry` is called after the commit with a node that needs documents.
        """
        self._journal = journal
        self._deliveries = deliveries
        self._notices = notices
        self._receipts = receipts
        self._box = strongbox
        self._carriages = carriages
        self._carry = carry

    def due(self, node: str, now: float) -> list[Due]:
        """Return the next page for `node`: oldest first, without those that must wait for an earlier one."""
        with self._journal.reading() as view:
            return self._deliveries.due(view, node, now)

    def undecided(self, node: str, after: int, limit: int = MOST_PER_PAGE) -> list[tuple[int, bytes]]:
        """Return (delivery, digest) of notices on which an officer of `node` has to decide."""
        with self._journal.reading() as view:
            return self._deliveries.undecided(view, node, after, limit)

    def consign(self, page: Sequence[Due]) -> list[pb.Consignment]:
        """Return the page as it travels: each sender's own envelope around the notices for this node."""
        with self._journal.reading() as view:
            return self._notices.consignments(view, page)

    def record(
        self,
        node: str,
        pages: Sequence[Envelope],
        receipts: Sequence[pb.NoticeReceipt],
        charter: Charter,
        now: datetime,
        delivered: Sequence[Due] = (),
    ) -> frozenset[str]:
        """Store the receipts of `node` and apply them; return the nodes that have new deliveries.

        If the receipts answer deliveries, `delivered` are these deliveries, in the same order. Otherwise a notice that
        was received is settled: its sender gets no more of it, and its receipt is not among `pages`.
        """
        kept = self._receipts.prepared(pages)
        again = [r for r in receipts if r.stage != pb.NOTICE_STAGE_RECEIVED]
        onward = [self._onward(node, r, charter) for r in receipts if r.stage == pb.NOTICE_STAGE_FORWARDED]

        def command(work: Work) -> tuple[frozenset[str], bool]:
            if kept:
                self._receipts.keep(work, kept)
            self._mark(work, node, receipts, delivered, now)
            woken: set[str] = set()
            for each in onward:
                woken |= self._forward(work, node, each, now)
            return frozenset(woken), self._carriages.want(work, node, receipts if delivered else again)

        woken_nodes, wanting = self._journal.run(command, yields=True).value
        if wanting:
            self._carry(frozenset({node}))
        return woken_nodes

    def _mark(
        self,
        work: Work,
        node: str,
        receipts: Sequence[pb.NoticeReceipt],
        delivered: Sequence[Due],
        now: datetime,
    ) -> None:
        if delivered and all(r.stage in FINAL for r in receipts):
            self._deliveries.delivered(work, delivered)
            return
        received = [r.notice for r in receipts if delivered and r.stage == pb.NOTICE_STAGE_RECEIVED]
        if received:
            kept_until = now.timestamp() + limits().undecided_days * 86400
            self._deliveries.received(work, node, received, kept_until=kept_until)
        changes = [DeliveryChange(r.notice, _state_after(r)) for r in receipts if r.notice not in received]
        if changes:
            self._deliveries.change(work, node, changes)

    def again(self, due: Due, *, next_at: float, reason: str) -> None:
        """Put off one delivery."""

        def command(work: Work) -> None:
            self._deliveries.put_off(work, due, next_at=next_at, reason=reason[:400])

        self._journal.run(command, yields=True)

    def park(self, due: Due, node: str, *, reason: str, now: datetime) -> None:
        """Park a delivery that keeps failing; later ones continue."""

        def command(work: Work) -> None:
            self._park(work, due.digest, node, reason, now)

        self._journal.run(command, yields=True)

    def _park(self, work: Work, digest: bytes, node: str, reason: str, now: datetime) -> None:
        self._deliveries.change(work, node, [DeliveryChange(digest, pb.DELIVERY_STATE_PARKED, reason[:400])])
        work.log.append(
            EntryKind.NOTICE_PARKED, at=stamp(now), notice=digest.hex(), node=node, reason=reason[:400]
        )

    def _onward(self, node: str, receipt: pb.NoticeReceipt, charter: Charter) -> _Onward:
        """Return the ways to the nodes of the same agency that register for the new division."""
        digest = receipt.notice
        with self._journal.reading() as view:
            notice = parse_notice(self._notices.content(view, digest))
        classes = {str(n.name): charter.members[n.agency].organ_class for n in charter.nodes}
        try:
            places = [
                stop
                for stop in stops(charter, notice, division=receipt.division)
                if classes.get(str(stop.node.name)) == classes.get(node)
            ]
        except InvalidRequest:
            places = []
        heard = notice.kind not in FOLLOWING
        return _Onward(digest, receipt.division, ways_to(places, notice, digest, self._box, heard=heard))

    def _forward(self, work: Work, node: str, onward: _Onward, now: datetime) -> set[str]:
        """Send a notice on to the nodes that it was not sent to yet; park it when there is none."""
        there = self._deliveries.nodes_of(work.view, onward.digest)
        ways = [way for way in onward.ways if way.node not in there]
        if not ways:
            reason = f"sent on to {onward.division}, for which no other node registers"
            self._park(work, onward.digest, node, reason, now)
            return set()
        self._deliveries.add(work, ways)
        return {way.node for way in ways}


def _state_after(receipt: pb.NoticeReceipt) -> int:
    waits = receipt.stage in (pb.NOTICE_STAGE_UNMATCHED, pb.NOTICE_STAGE_CONFLICT)
    return pb.DELIVERY_STATE_UNDECIDED if waits else pb.DELIVERY_STATE_DELIVERED
