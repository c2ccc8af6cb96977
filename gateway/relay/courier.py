"""Deliver notices: one courier for each node sends due notices in order, page by page, until all are delivered.

A node that cannot be reached is tried again after a growing, jittered pause; nothing is read or written
meanwhile, so a day's backlog costs no memory. A page that the node refuses is tried notice by notice, and
a notice that keeps failing is parked with the reason.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from federation.background.backoff import MOST_ATTEMPTS, NOT_OFFERED, pause_of
from federation.background.fleet import Worker
from federation.charter.model import Charter, Node
from federation.errors import Corrupt, Exhausted, HutongError, NotFound, Unavailable
from federation.notices.receipts import FINAL, read_receipts
from federation.transport.status import understood
from federation.v1 import notice_pb2 as pb
from federation.v1 import notice_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Role
from gateway.relay.deliveries import Due
from gateway.relay.outbox import DeliveryOutbox
from server.line import Connect, Line
from server.node_fleet import NodeFleet

_LOGGER = logging.getLogger(__name__)
DEADLINE_S = 30.0
#: Seconds between questions to the node about its officers' decisions.
LOOK_AGAIN_S = 1.0
#: Seconds after which the store is read although nothing is known to be due: deliveries put off before a restart.
READ_AGAIN_S = 5.0


class Courier(Worker):
    """Delivers to the node called `node`, from a thread of its own."""

    def __init__(
        self,
        *,
        node: str,
        outbox: DeliveryOutbox,
        charter: Callable[[], Charter],
        connect: Connect,
        now: Callable[[], datetime],
        wake: Callable[[frozenset[str]], None],
    ) -> None:
        super().__init__(f"courier-{node}", self._step, every_s=0.5)
        self.node = node
        self._outbox = outbox
        self._charter = charter
        self._now = now
        self._wake = wake
        self._line = Line(node, charter=charter, connect=connect, stub=notice_pb2_grpc.NoticeServiceStub)
        self._looked_at, self._looked_after = 0.0, 0
        #: Whether a notice here may wait for an officer of the node: only what this courier records can change that.
        self._undecided = True
        #: When the store is to be read next, and until when deliveries are put off here, in seconds since 1970.
        self._due_at = 0.0
        self._put_off: list[float] = []

    def wake(self) -> None:
        """Run a step soon that reads the store: a notice is due."""
        self._due_at = 0.0
        super().wake()

    def hang_up(self) -> None:
        """End the delivery under way."""
        self._line.close()

    def _step(self) -> bool:
        try:
            return self._deliver_some() | self._look_again()
        except Exception:
            self._line.hang_up()
            raise

    def _deliver_some(self) -> bool:
        now, read_at = time.time(), self._due_at
        if now < read_at <= now + READ_AGAIN_S:
            return False
        self._put_off = [until for until in self._put_off if until > now]
        self._due_at = min([now + READ_AGAIN_S, *self._put_off])
        page = self._outbox.due(self.node, now)
        if not page:
            return False
        self._due_at = 0.0  # there may be more, and what fails now stays due
        try:
            self._deliver(page)
        except HutongError as error:
            if _of_the_line(error):
                raise
            if len(page) == 1:
                self._failed(page[0], error)
                return True
            for due in page:
                try:
                    self._deliver([due])
                except HutongError as single:
                    if _of_the_line(single):
                        raise
                    self._failed(due, single)
                    return True  # later notices may belong to the same judgment: read the order again
        return True

    def _deliver(self, page: Sequence[Due]) -> None:
        consignments = self._outbox.consign(page)
        node, stub = self._line.to()
        with understood():
            response = stub.Submit(pb.SubmitRequest(consignments=consignments), timeout=DEADLINE_S)
        self._record(node, response.receipts, page)

    def _look_again(self) -> bool:
        """Ask the node for decisions that its officers have made meanwhile, a page at a time."""
        if not self._undecided or time.monotonic() - self._looked_at < LOOK_AGAIN_S:
            return False
        page = self._outbox.undecided(self.node, self._looked_after)
        self._undecided = bool(page or self._looked_after)
        self._looked_after = page[-1][0] if page else 0
        self._looked_at = time.monotonic()
        if not page:
            return False
        asked = [digest for _, digest in page]
        node, stub = self._line.to()
        with understood():
            response = stub.Track(pb.TrackRequest(notices=asked), timeout=DEADLINE_S)
        pages = [envelope for track in response.tracks for envelope in track.receipts]
        if pages:
            self._record(node, pages, None)
        return False

    def _record(self, node: Node, pages: Sequence[Envelope], delivered: Sequence[Due] | None) -> None:
        charter, now = self._charter(), self._now()
        kept, receipts = [], list[pb.NoticeReceipt]()
        for envelope in pages:
            page = read_receipts(envelope, charter, role=Role.ANSWERS, now=now)
            if page.installation != str(node.installation):
                raise Corrupt(f"{self.node} returned receipts of {page.installation[:80]}")
            stages = {r.stage for r in page.receipts}
            if delivered is None and not stages <= FINAL | {pb.NOTICE_STAGE_RECEIVED}:
                continue  # nothing new
            if delivered is not None or stages <= FINAL:
                kept.append(envelope)
            receipts += page.receipts
        if delivered is not None and [r.notice for r in receipts] != [due.digest for due in delivered]:
            raise Corrupt(f"{self.node} returned receipts for other notices than it was sent")
        if receipts:
            self._undecided = True
            self._wake(self._outbox.record(self.node, kept, receipts, charter, now, delivered or ()))

    def _failed(self, due: Due, error: HutongError) -> None:
        reason = f"{error.reason}: {error.message}"
        _LOGGER.warning("%s turns notice %s away: %s", self.node, due.digest.hex(), reason)
        if due.attempts + 1 >= MOST_ATTEMPTS:
            self._outbox.park(due, self.node, reason=reason, now=self._now())
        else:
            next_at = time.time() + pause_of(due.attempts + 1)
            self._put_off.append(next_at)
            self._outbox.again(due, next_at=next_at, reason=reason)


class Couriers(NodeFleet):
    """The couriers of all nodes, those that join later included. A context manager."""

    def __init__(
        self,
        *,
        outbox: DeliveryOutbox,
        charter: Callable[[], Charter],
        connect: Connect,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(
            lambda node: Courier(
                node=node, outbox=outbox, charter=charter, connect=connect, now=now, wake=self.wake
            ),
            charter=charter,
        )


def _of_the_line(error: HutongError) -> bool:
    """Say whether a failure is not about the notice: the node is away, busy, or does not offer the method."""
    return isinstance(error, Unavailable | Exhausted | NotFound) or error.reason in (NOT_OFFERED, "CANCELLED")
