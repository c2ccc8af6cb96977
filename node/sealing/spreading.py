"""Sealed once, sealed everywhere (R45): this node's seals go to every gateway, which delivers them to the holders.

The transaction that seals writes a row. One thread, woken at each commit, makes proposals of such rows. One thread
for each gateway delivers them, so that a gateway that is down delays no other. Only records that are SEALED spread,
not withheld ones: a fact that one agency lacks is no reason for another to withhold. When a sealed record is open
again, its proposal is withdrawn in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from federation.charter.model import Charter, Gateway
from federation.statements.methods import ACKNOWLEDGE, PROPOSE
from federation.transport.status import understood
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from federation.values.identity import Installation
from node.sealing.outbox import ProposalOutbox, addressees
from node.sealing.welcoming import Welcome
from server.handing import DEADLINE_S, PageSender, Sender


class ProposalSpreader(PageSender):
    """Makes proposals of new seals, and keeps one `GatewayLine` for each gateway of the charter."""

    what = "seals"

    def __init__(self, *, outbox: ProposalOutbox, welcome: Welcome, sender: Sender) -> None:
        super().__init__(sender=sender)
        self._outbox = outbox
        self._welcome = welcome
        self._lines: dict[Installation, GatewayLine] = {}
        self._stack = ExitStack()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Make and hand over in the background until the context ends."""
        with self._stack, super().running():
            yield

    def _prepare(self) -> None:
        charter = self._sender.charter()
        _, gateways = addressees(charter)
        for gateway in charter.gateways:
            if str(gateway.installation) in gateways and gateway.installation not in self._lines:
                line = GatewayLine(outbox=self._outbox, gateway=gateway.installation, sender=self._sender)
                self._lines[gateway.installation] = line
                self._stack.enter_context(line.running())
        if self._welcome.greet(charter):
            self._wake_lines()
        current = [line for of, line in self._lines.items() if str(of) in gateways]
        taken = set.intersection(*(line.objected for line in current)) if current else set()
        if taken:
            self._outbox.objected(taken)
            for line in current:
                line.objected -= taken

    def _hand_page(self) -> bool:
        with self._outbox.turn():
            more = self._outbox.make()
        if more:
            self._wake_lines()
        return more

    def _wake_lines(self) -> None:
        for line in self._lines.values():
            line.wake()


class GatewayLine(PageSender):
    """Hands proposals, withdrawals and objections to one gateway."""

    def __init__(self, *, outbox: ProposalOutbox, gateway: Installation, sender: Sender) -> None:
        self.what = f"seals for {gateway}"
        super().__init__(sender=sender)
        self._outbox = outbox
        self._gateway = gateway
        #: Objections (record, version) that this gateway has taken; they stay in the store until all have.
        self.objected: set[tuple[bytes, int]] = set()

    def _hand_page(self) -> bool:
        charter = self._sender.charter()
        gateway = next((g for g in charter.gateways if g.installation == self._gateway), None)
        return gateway is not None and (self._propose(gateway, charter) or self._object(gateway, charter))

    def _propose(self, gateway: Gateway, charter: Charter) -> bool:
        """Deliver all waiting pages on one connection; return whether there was any."""
        page = self._outbox.page_for(str(self._gateway))
        if not page.rows:
            return False
        with understood(), self._sender.connect(gateway, charter) as channel:
            stub = sealing_pb2_grpc.SealingServiceStub(channel)
            while page.rows and not self._loop.closing:
                with self._outbox.turn():
                    if page.proposed:
                        body = sealing_pb2.SealingProposalPage(proposed=page.proposed).SerializeToString()
                        envelope = self._sender.statement(PROPOSE, body)
                        stub.Propose(sealing_pb2.ProposeRequest(envelope=envelope), timeout=DEADLINE_S)
                    self._outbox.taken(str(self._gateway), page)
                    page = self._outbox.page_for(str(self._gateway))
        return True

    def _object(self, gateway: Gateway, charter: Charter) -> bool:
        """Deliver objections; they leave the store when every gateway of the charter has taken them."""
        objections = self._outbox.objections(charter.federation)
        new = set(objections.rows) - self.objected
        if not new:
            return False
        if objections.envelopes:
            page = sealing_pb2.AcknowledgementPage(acknowledgements=objections.envelopes)
            envelope = self._sender.statement(ACKNOWLEDGE, page.SerializeToString())
            with understood(), self._sender.connect(gateway, charter) as channel:
                stub = sealing_pb2_grpc.SealingServiceStub(channel)
                stub.Acknowledge(sealing_pb2.AcknowledgeRequest(envelope=envelope), timeout=DEADLINE_S)
        self.objected |= new
        return True
