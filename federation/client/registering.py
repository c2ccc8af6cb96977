"""Client for entering, correcting, withdrawing and showing records at a node of the own member."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from federation.background.retrying import Retries
from federation.charter.envelope import EXPIRED
from federation.client.connection import PAGE_DEADLINE_S
from federation.client.pacing import Pace
from federation.client.part import ClientPart
from federation.client.supply import Supply
from federation.errors import BadEnvelope, Corrupt, Exhausted, Unavailable
from federation.statements.methods import AMEND, ENTER, ENTER_MANY, HISTORY, SHOW, WITHDRAW
from federation.transport.status import BROKEN, understood
from federation.v1 import (
    record_pb2,
    registry_pb2,
    registry_pb2_grpc,
)
from federation.v1.envelope_pb2 import Envelope

#: Seconds after which a stream sends no further page, and the next one begins. With the pages under way it ends before
#: the server cuts what still runs on a connection that has reached its age (`federation.transport.serving.CUT_S`).
STREAM_S: Final = 20.0
#: Seconds before each further stream while none brings an outcome.
PAUSES_S: Final = (0.15, 0.5, 1.0, 2.0, 4.0)
_LATE: Final = "PAGE_LATE"


class OwnRegister(ClientPart):
    """The register of the own member's nodes."""

    def enter(self, node: str, record: record_pb2.Record) -> registry_pb2.Receipt:
        """Enter one record at a node of this member."""
        body = registry_pb2.EntryPage(records=[record]).SerializeToString(deterministic=True)
        stub, envelope = self._registry(node, body, ENTER)
        with understood():
            return stub.Enter(registry_pb2.EnterRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).receipt

    def enter_many(
        self, node: str, records: Iterable[record_pb2.Record], *, page: int = 200
    ) -> Iterator[registry_pb2.EntryOutcome]:
        """Enter records in pages; yield each one's outcome, durable when it is yielded.

        `records` is read on another thread, at the pace of the node. When a connection breaks or reaches its age, or a
        page arrives too late, the records without an outcome are sent again on a further stream: those that had
        arrived are then reported as repeated. Raises `Unavailable` or `Exhausted` when several streams in a row bring
        no outcome: then send those without one again.
        """
        supply, pace, retries = Supply(records), Pace(page), Retries(PAUSES_S)
        while not supply.done:
            try:
                for outcomes in self._entered(node, supply, pace):
                    retries.advanced()
                    yield from outcomes
                first = pace.most
            except (Unavailable, Exhausted) as error:
                least_s = error.retry_after_s if isinstance(error, Exhausted) else 0.0
                if not _passes(error) or not retries.pause(least_s):
                    raise
                first = max(1, pace.most // 2)
            pace = Pace(page, first=first)

    def _entered(
        self, node: str, supply: Supply[record_pb2.Record], pace: Pace
    ) -> Iterator[Sequence[registry_pb2.EntryOutcome]]:
        """Enter what `supply` has over one stream; yield the outcomes page by page."""
        target = self._connection.node(node)
        stub = registry_pb2_grpc.RegistryServiceStub(self._to(target.installation, target.endpoint))
        began = time.monotonic()

        def requests() -> Iterator[registry_pb2.EnterManyRequest]:
            for batch in pace.pages(supply.stream(), record_pb2.Record.ByteSize):
                body = registry_pb2.EntryPage(records=batch).SerializeToString(deterministic=True)
                envelope = self._connection.statement(
                    body, method=ENTER_MANY, destination=str(target.installation)
                )
                yield registry_pb2.EnterManyRequest(envelope=envelope)
                if time.monotonic() - began >= STREAM_S:
                    return

        try:
            with understood():
                for response in stub.EnterMany(requests()):
                    if len(response.outcomes) != pace.answered():
                        raise Corrupt(f"{node} acknowledged another number of records than were sent")
                    supply.answered(len(response.outcomes))
                    yield response.outcomes
            if pace.answered():
                raise Corrupt(f"{node} ended the stream before it had acknowledged every record")
        except BadEnvelope as error:
            if error.reason != EXPIRED:
                raise
            raise Unavailable(
                f"{node} had a page over two minutes after it was signed: it is slow, or a clock is wrong",
                reason=_LATE,
            ) from error
        finally:
            pace.end()

    def amend(self, node: str, amendment: registry_pb2.Amendment) -> registry_pb2.Receipt:
        """Correct a record of this member's node."""
        stub, envelope = self._registry(node, amendment.SerializeToString(deterministic=True), AMEND)
        with understood():
            return stub.Amend(registry_pb2.AmendRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).receipt

    def withdraw(self, node: str, withdrawal: registry_pb2.Withdrawal) -> registry_pb2.Receipt:
        """Withdraw a record of this member's node."""
        stub, envelope = self._registry(node, withdrawal.SerializeToString(deterministic=True), WITHDRAW)
        request = registry_pb2.WithdrawRequest(envelope=envelope)
        with understood():
            return stub.Withdraw(request, timeout=PAGE_DEADLINE_S).receipt

    def show(self, node: str, record_id: str) -> record_pb2.Facet:
        """Show a record of this member's node."""
        body = registry_pb2.RecordReference(record_id=record_id).SerializeToString()
        stub, envelope = self._registry(node, body, SHOW)
        with understood():
            return stub.Show(registry_pb2.ShowRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).facet

    def history(self, node: str, record_id: str) -> list[registry_pb2.RecordEvent]:
        """Show every version of a record of this member's node, oldest first; asked for page by page."""
        events: list[registry_pb2.RecordEvent] = []
        while True:
            after = events[-1].version if events else 0
            body = registry_pb2.HistoryPage(record_id=record_id, after_version=after).SerializeToString()
            stub, envelope = self._registry(node, body, HISTORY)
            with understood():
                page = stub.History(registry_pb2.HistoryRequest(envelope=envelope), timeout=PAGE_DEADLINE_S)
            if page.events and page.events[0].version <= after:
                raise Corrupt(f"{node} sent version {page.events[0].version} again, after version {after}")
            events += page.events
            if not page.more or not page.events:
                return events

    def _registry(
        self, node: str, body: bytes, method: str
    ) -> tuple[registry_pb2_grpc.RegistryServiceStub, Envelope]:
        target = self._connection.node(node)
        stub = registry_pb2_grpc.RegistryServiceStub(self._to(target.installation, target.endpoint))
        return stub, self._connection.statement(body, method=method, destination=str(target.installation))


def _passes(error: Unavailable | Exhausted) -> bool:
    """Say whether a further stream may succeed where one failed so; other refusals of a server stay."""
    return isinstance(error, Exhausted) or error.reason in {*BROKEN, _LATE}
