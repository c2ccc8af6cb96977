"""Sealed once, sealed everywhere (R45): what this node seals is proposed to the other holders, through a gateway.

A row is written in the transaction that seals and removed once a gateway has the proposal durably; from there
on the gateway sees to it. Only what is SEALED spreads: a fact that one agency lacks is no reason for another.
What was sealed and stands open again is withdrawn in the same way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import grpc

from federation.charter.model import Charter, Gateway
from federation.envelope import GATEWAY, Signer, make_statement
from federation.errors import HutongError, Unavailable
from federation.methods import ACKNOWLEDGE, PROPOSE
from federation.transport.status import understood
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from node.sealing.outbox import Outbox

_LOGGER = logging.getLogger(__name__)
DEADLINE_S = 15.0
OFFICER = "node"


class Spreading:
    """Tells a gateway of seals, withdrawals and objections, from a thread of its own."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        signer: Signer,
        charter: Callable[[], Charter],
        connect: Callable[[Gateway, Charter], grpc.Channel],
        now: Callable[[], datetime],
        every_s: float = 1.0,
    ) -> None:
        self._outbox = outbox
        self._signer = signer
        self._charter = charter
        self._connect = connect
        self._now = now
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spreading", daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Spread in the background until the context ends."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join(DEADLINE_S + 1)

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self._outbox.welcome(self._charter())
                while not self._stop.is_set() and (self._propose_page() or self._object_page()):
                    pass
            except HutongError as error:  # no gateway, no charter: it waits, and nothing is lost
                _LOGGER.info("seals wait to be spread: %s", error.reason)
            except Exception:  # a thread that dies would keep every later seal from spreading
                _LOGGER.exception("seals wait to be spread")

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
        envelope = make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=method,
            destination=GATEWAY,
            officer=OFFICER,
            body=body,
            charter_version=charter.version,
            now=self._now(),
        )
        with understood(), self._connect(charter.gateways[0], charter) as channel:
            yield sealing_pb2_grpc.SealingServiceStub(channel), envelope
