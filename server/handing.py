"""Delivery from a node to a gateway on the node's own initiative: on its own thread, page by page, until accepted.

Waiting items are in the store, so a restart loses nothing, and a gateway that is down gets them later.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import grpc

from federation.background.loop import Loop
from federation.charter.envelope import GATEWAY, Signer, make_statement
from federation.charter.model import Charter, Gateway
from federation.v1.envelope_pb2 import Envelope

DEADLINE_S = 15.0
#: The longest pause between tries while no gateway accepts anything; short, because a seal may be waiting.
LONGEST_PAUSE_S = 2.0
OFFICER = "node"
Connect = Callable[[Gateway, Charter], grpc.Channel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """As whom and how a node sends to gateways."""

    signer: Signer
    charter: Callable[[], Charter]
    connect: Connect
    now: Callable[[], datetime]

    def statement(self, method: str, body: bytes) -> Envelope:
        """Return the node's own statement for a gateway."""
        charter = self.charter()
        return make_statement(
            signer=self.signer,
            federation=charter.federation,
            method=method,
            destination=GATEWAY,
            officer=OFFICER,
            body=body,
            charter_version=charter.version,
            now=self.now(),
        )


class PageSender(ABC):
    """Hands in pages until none is waiting, and checks again after a while."""

    #: The kind of items that wait, for the operational log.
    what: str

    def __init__(self, *, sender: Sender, every_s: float = 1.0) -> None:
        self._sender = sender
        self._loop = Loop(f"handing-{self.what}", self._step, every_s=every_s, longest_s=LONGEST_PAUSE_S)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hand in pages in the background, until the context ends."""
        self._loop.start()
        try:
            yield
        finally:
            self._loop.close(DEADLINE_S + 1)

    def wake(self) -> None:
        """Hand in soon, because something new is waiting."""
        self._loop.wake()

    def _step(self) -> bool:
        self._prepare()
        while not self._loop.closing and self._hand_page():
            pass
        return False

    def _prepare(self) -> None:  # noqa: B027  # few need any preparation
        """Prepare for a round of handing in."""

    @abstractmethod
    def _hand_page(self) -> bool:
        """Hand in one page; True when more may be waiting."""
