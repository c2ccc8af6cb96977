"""Client for timeliness: a node's list of expected notices, and a court's list compared with the gateway's notices.

    with Client.open(Path("home/federation.json"), "court", officer="书记员甲") as client:
        for listed, found in client.timeliness.reconcile(judgments):
            ...

Errors are those of `federation.errors`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from federation.charter.envelope import GATEWAY
from federation.client.connection import PAGE_DEADLINE_S
from federation.client.part import ClientPart
from federation.errors import Corrupt
from federation.statements.methods import LIST_EXPECTED, RECONCILE
from federation.transport.limits import pages
from federation.transport.status import understood
from federation.v1 import timeliness_pb2 as pb
from federation.v1 import timeliness_pb2_grpc

#: The most judgments on one signed page.
PAGE = 500


class Timeliness(ClientPart):
    """What is expected, and what of a court's list has come."""

    def expected(self, node: str, asked: pb.ExpectedPage) -> Iterator[pb.ExpectedNotice]:
        """Yield every notice that a node still expects; one signed request for each page of the list."""
        target = self._connection.node(node)
        stub = timeliness_pb2_grpc.ExpectationServiceStub(self._connection.channel_to(target))
        page = pb.ExpectedPage()
        page.CopyFrom(asked)
        while True:
            body = page.SerializeToString(deterministic=True)
            envelope = self._connection.statement(
                body, method=LIST_EXPECTED, destination=str(target.installation)
            )
            with understood():
                response = stub.ListExpected(
                    pb.ListExpectedRequest(envelope=envelope), timeout=PAGE_DEADLINE_S
                )
            yield from response.expected
            if not response.next:
                return
            page.after = response.next

    def reconcile(
        self, judgments: Sequence[pb.ListedJudgment]
    ) -> Iterator[tuple[pb.ListedJudgment, pb.ReconciledJudgment]]:
        """Yield each judgment of a court's list with its state at the gateway."""
        stub = timeliness_pb2_grpc.ReconciliationServiceStub(
            self._connection.channel_to(self.charter.gateways[0])
        )
        for page in pages(judgments, pb.ListedJudgment.ByteSize, most=lambda: PAGE):
            body = pb.JudgmentList(judgments=page).SerializeToString(deterministic=True)
            envelope = self._connection.statement(body, method=RECONCILE, destination=GATEWAY)
            with understood():
                response = stub.Reconcile(pb.ReconcileRequest(envelope=envelope), timeout=PAGE_DEADLINE_S)
            if len(response.judgments) != len(page):
                raise Corrupt("the gateway answered about another number of judgments than were listed")
            yield from zip(page, response.judgments, strict=True)
