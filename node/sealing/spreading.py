"""Sealed once, sealed everywhere (R45): what this node seals is proposed to the other holders, through a gateway.

A row is written in the transaction that seals and removed once a gateway has the proposal durably; from there
on the gateway sees to it. Only what is SEALED spreads: a fact that one agency lacks is no reason for another.
What was sealed and stands open again is withdrawn in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from federation.errors import Unavailable
from federation.methods import ACKNOWLEDGE, PROPOSE
from federation.transport.status import understood
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from node.handing import DEADLINE_S, Handing
from node.sealing.outbox import Outbox


class Spreading(Handing):
    """Tells a gateway of seals, withdrawals and objections."""

    what = "seals"

    def __init__(self, *, outbox: Outbox, **said: Any) -> None:
        super().__init__(**said)
        self._outbox = outbox

    def _prepare(self) -> None:
        self._outbox.welcome(self._charter())

    def _hand_page(self) -> bool:
        return self._propose_page() or self._object_page()

    def _propose_page(self) -> bool:
        """Hand one page to a gateway; True when there was one."""
        page = self._outbox.proposals(self._now())
        if page.said:
            self._outbox.keep(page)
            proposed = [sealing_pb2.Proposed(node=envelope) for envelope in page.said]
            body = sealing_pb2.SealingProposalPage(proposed=proposed).SerializeToString()
            with self._gateway(PROPOSE, body) as (stub, envelope):
                stub.Propose(sealing_pb2.ProposeRequest(envelope=envelope), timeout=DEADLINE_S)
        if page.rows:
            self._outbox.sent(page)
        return bool(page.rows)

    def _object_page(self) -> bool:
        """Hand objections to a gateway; True when there were some."""
        page = self._outbox.objections(self._charter().federation)
        if page.said:
            body = sealing_pb2.AcknowledgementPage(acknowledgements=page.said).SerializeToString()
            with self._gateway(ACKNOWLEDGE, body) as (stub, envelope):
                stub.Acknowledge(sealing_pb2.AcknowledgeRequest(envelope=envelope), timeout=DEADLINE_S)
        if page.rows:
            self._outbox.told(page)
        return bool(page.rows)

    @contextmanager
    def _gateway(
        self, method: str, body: bytes
    ) -> Iterator[tuple[sealing_pb2_grpc.SealingServiceStub, Envelope]]:
        charter = self._charter()
        if not charter.gateways:
            raise Unavailable("the charter names no gateway")
        envelope = self._statement(method, body)
        with understood(), self._connect(charter.gateways[0], charter) as channel:
            yield sealing_pb2_grpc.SealingServiceStub(channel), envelope
