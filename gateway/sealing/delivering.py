"""Deliver proposals to nodes, and nodes' acknowledgements to the proposers, a page at a time.

A node's acknowledgements are durable here before the next page is read. A page is signed, sent and logged as a
whole; expensive computation is done outside the transaction, by one thread at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final

from federation.charter.model import Charter, Node
from federation.errors import Corrupt
from federation.evidence.entry import EntryKind
from federation.statements.seals import MOST_PER_PAGE, open_acknowledgement
from federation.v1 import sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from gateway.sealing.acknowledgement_store import AcknowledgementStore
from gateway.sealing.acknowledgements import Acknowledgement
from gateway.sealing.node_calls import NodeCalls
from gateway.sealing.proposals import Addressed, Proposals
from gateway.sealing.under_way import UnderWay
from server.journal.journal import Journal
from server.journal.work import Work

#: Seconds for a page in the background: a busy node may take a while for a full one.
DEADLINE_S: Final = 30.0
_MOST_BYTES: Final = 1024 * 1024
#: Seconds for a page during a question: seals of many namesakes may wait, and each page is one transaction of the node.
_MOST_AT_ONCE: Final = 64


class SealDeliverer:
    """Delivers pages; used from any thread. Sending a proposal twice does no harm: the node acknowledges it again."""

    def __init__(
        self,
        *,
        proposals: Proposals,
        acknowledgements: AcknowledgementStore,
        under_way: UnderWay,
        calls: NodeCalls,
        journal: Journal,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
        wake: Callable[[Collection[str]], None],
        ended: Callable[[Collection[str]], None],
    ) -> None:
        """`wake` is called with nodes that something waits for, `ended` with proposals that a node has acknowledged."""
        self._proposals = proposals
        self._acknowledgements = acknowledgements
        self._under_way = under_way
        self._calls = calls
        self._journal = journal
        self._charter = charter
        self._now = now
        self._wake = wake
        self._ended = ended
        self._computing = threading.Lock()

    def deliver(self, node: Node, *, most: int = MOST_PER_PAGE) -> int:
        """Deliver at most `most` proposals that wait for `node`, urgent ones first; return how many it accepted.

        Raises a `HutongError` when the node does not accept them; they then remain waiting.
        """
        with self._computing, self._journal.reading() as view:
            waiting = _within_bytes(self._proposals.waiting(view, str(node.name), most))
        return self._deliver(node, waiting, DEADLINE_S)

    def deliver_these(self, node: Node, keys: Collection[str], *, timeout: float) -> None:
        """Deliver to `node` those of `keys` that wait for it, while a question waits; raises a `HutongError`."""
        wanted = sorted(keys)
        for start in range(0, len(wanted), _MOST_AT_ONCE):
            page = wanted[start : start + _MOST_AT_ONCE]
            with self._journal.reading() as view:
                waiting = self._proposals.waiting_of(view, str(node.name), page)
            self._deliver(node, waiting, timeout)

    def tell(self, node: Node, *, most: int = MOST_PER_PAGE) -> int:
        """Deliver to `node` at most `most` acknowledgements by others of its proposals; return how many it accepted.

        Raises a `HutongError` when the node does not accept them.
        """
        with self._computing, self._journal.reading() as view:
            waiting = self._acknowledgements.waiting(view, str(node.installation), most)
        if waiting:
            page = sealing_pb2.AcknowledgementPage(acknowledgements=[each.envelope for each in waiting])
            self._calls.acknowledge(node, page, timeout=DEADLINE_S)
            self._journal.run(lambda work: self._acknowledgements.delivered(work, waiting), yields=True)
        return len(waiting)

    def _deliver(self, node: Node, waiting: Sequence[Addressed], timeout: float) -> int:
        if not waiting:
            return 0
        page = sealing_pb2.SealingProposalPage(proposed=[each.proposed for each in waiting])
        response = self._calls.propose(node, page, timeout=timeout)
        with self._computing:
            acknowledgements = self._read(node, waiting, response.acknowledgements)
            kept = self._acknowledgements.prepared(each for each in acknowledgements if each.proposer)
        keys, at = [each.key for each in waiting], stamp(self._now())

        def command(work: Work) -> None:
            self._proposals.acknowledged(work, str(node.name), keys)
            self._acknowledgements.keep(work, kept)
            work.log.defer(EntryKind.PROPOSED, at=at, node=str(node.name), proposals=len(keys))

        self._under_way.acknowledged(str(node.name), keys)
        self._journal.run(command)
        self._ended(keys)
        proposers = {each.proposer for each in acknowledgements}
        self._wake({str(n.name) for n in self._charter().nodes if str(n.installation) in proposers})
        return len(waiting)

    def _read(
        self, node: Node, waiting: Sequence[Addressed], envelopes: Sequence[Envelope]
    ) -> list[Acknowledgement]:
        """Return the node's signed acknowledgements of what was sent, in order; raises if one is invalid."""
        if len(envelopes) != len(waiting):
            raise Corrupt(f"{node.name} acknowledged another number of proposals than were sent")
        charter, now = self._charter(), self._now()
        found = []
        for each, envelope in zip(waiting, envelopes, strict=True):
            content = open_acknowledgement(envelope, charter, now=now)
            acknowledgement = Acknowledgement.of(content, envelope)
            named = (acknowledgement.key, content.node, content.installation)
            if named != (each.key, node.name, str(node.installation)):
                raise Corrupt(f"{node.name} acknowledged something else than was sent")
            found.append(acknowledgement)
        return found


def _within_bytes(waiting: Sequence[Addressed]) -> Sequence[Addressed]:
    """Return as many of the first proposals as fit into a message, at least one."""
    size = 0
    for index, each in enumerate(waiting):
        size += each.proposed.ByteSize()
        if index and size > _MOST_BYTES:
            return waiting[:index]
    return waiting
