"""Take the heads of nodes' logs from the other gateways when this one starts: its own store may be new or an old copy.

Each gateway is asked once before this one serves; those that cannot be reached then are asked until they answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import grpc

from federation.background.backoff import Backoffs
from federation.background.loop import Loop
from federation.background.together import together
from federation.charter.envelope import GATEWAY, Signer, make_statement
from federation.charter.model import Charter, Gateway
from federation.statements.methods import LIST_HEADS
from federation.transport.status import understood
from federation.v1 import heads_pb2, heads_pb2_grpc
from gateway.continuity.heads import Heads
from gateway.continuity.servicer import ALL

_LOGGER = logging.getLogger(__name__)
#: Seconds: of one call, of a start for all gateways together, between looks for gateways still to be asked.
CALL_S, START_S, EVERY_S = 5.0, 3.0, 1.0
OFFICER = "gateway"
Connect = Callable[[Gateway, Charter], grpc.Channel]


class HeadCollector:
    """Asks every other gateway of the charter once since this start."""

    def __init__(
        self,
        *,
        heads: Heads,
        signer: Signer,
        charter: Callable[[], Charter],
        connect: Connect,
        now: Callable[[], datetime],
    ) -> None:
        self._heads = heads
        self._signer = signer
        self._charter = charter
        self._connect = connect
        self._now = now
        self._asked: set[str] = set()
        self._backoffs = Backoffs("heads of")
        self._loop = Loop("collecting-heads", self._step, every_s=EVERY_S)

    def begin(self) -> None:
        """Ask each other gateway once, all together; return when all have answered or failed, or after `START_S`."""
        charter = self._charter()
        unknown = [str(node.name) for node in charter.nodes if self._heads.known(str(node.name)) is None]
        if unknown:
            _LOGGER.warning("no head is known here of the logs of %s", ", ".join(unknown))
        together(
            "heads-first",
            [partial(self._try, gateway, charter) for gateway in self._others(charter)],
            within_s=START_S,
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask those that could not be reached, until the context ends."""
        with self._loop:
            yield

    def _step(self) -> bool:
        charter = self._charter()
        for gateway in self._others(charter):
            if not self._loop.closing:
                self._try(gateway, charter)
        return False

    def _others(self, charter: Charter) -> list[Gateway]:
        return [
            gateway
            for gateway in charter.gateways
            if gateway.installation != self._signer.installation
            and str(gateway.installation) not in self._asked
        ]

    def _try(self, gateway: Gateway, charter: Charter) -> None:
        name = str(gateway.installation)
        if self._backoffs.attempt(name, partial(self._ask, gateway, charter)):
            self._asked.add(name)

    def _ask(self, gateway: Gateway, charter: Charter) -> None:
        envelope = make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=LIST_HEADS,
            destination=GATEWAY,
            officer=OFFICER,
            body=heads_pb2.HeadQuery(node=ALL).SerializeToString(),
            charter_version=charter.version,
            now=self._now(),
        )
        with understood(), self._connect(gateway, charter) as channel:
            stub = heads_pb2_grpc.HeadServiceStub(channel)
            response = stub.ListHeads(heads_pb2.ListHeadsRequest(envelope=envelope), timeout=CALL_S)
        for message in response.heads:
            self._heads.adopt(message, str(gateway.installation))
