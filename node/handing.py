"""What a node hands to a gateway by itself: from a thread of its own, page by page, until it is taken.

What waits stands in the store, so nothing is lost by a restart, and a gateway that is down hears of it later.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import grpc

from federation.charter.model import Charter, Gateway
from federation.envelope import GATEWAY, Signer, make_statement
from federation.errors import HutongError
from federation.v1.envelope_pb2 import Envelope

_LOGGER = logging.getLogger(__name__)
DEADLINE_S = 15.0
OFFICER = "node"
Connect = Callable[[Gateway, Charter], grpc.Channel]


class Handing(ABC):
    """Hands pages in until none waits, and looks again after a while."""

    #: What waits, for the operational log.
    what: str

    def __init__(
        self,
        *,
        signer: Signer,
        charter: Callable[[], Charter],
        connect: Connect,
        now: Callable[[], datetime],
        every_s: float = 1.0,
    ) -> None:
        self._signer = signer
        self._charter = charter
        self._connect = connect
        self._now = now
        self._every_s = every_s
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"handing-{self.what}", daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hand in, in the background, until the context ends."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._wake.set()
            self._thread.join(DEADLINE_S + 1)

    def wake(self) -> None:
        """Something new waits: do not sleep on it."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._every_s)
            self._wake.clear()
            if self._stop.is_set():
                return
            try:
                self._prepare()
                while not self._stop.is_set() and self._hand_page():
                    pass
            except HutongError as error:  # no gateway, no charter: it waits, and nothing is lost
                _LOGGER.info("%s wait: %s", self.what, error.reason)
            except Exception:  # a thread that dies would keep all that comes later
                _LOGGER.exception("%s wait", self.what)

    def _prepare(self) -> None:  # noqa: B027  # few have anything to do first
        """Do what comes before each look at what waits."""

    @abstractmethod
    def _hand_page(self) -> bool:
        """Hand one page in; True when more may wait."""

    def _statement(self, method: str, body: bytes) -> Envelope:
        """Return the node's own statement for a gateway."""
        charter = self._charter()
        return make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=method,
            destination=GATEWAY,
            officer=OFFICER,
            body=body,
            charter_version=charter.version,
            now=self._now(),
        )
