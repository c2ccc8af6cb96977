"""Rotation: detects that a server's certificate, key or authorities have changed, and puts the new ones into use."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from federation.background.loop import Loop
from federation.charter.trust import CharterTrust
from federation.errors import CharterUnusable
from federation.transport.listener import Listener
from federation.transport.materials import Materials, MaterialsSource

_LOGGER = logging.getLogger(__name__)


class Rotation:
    """Checks every `every_s` seconds, and at once when the charter changes; no handshake waits for it.

    Unusable materials (a file half written, a key that belongs to another certificate, an expired charter) change
    nothing: the server continues with the current ones, and a warning is logged if the fault persists.
    """

    def __init__(
        self, *, source: MaterialsSource, listener: Listener, shown: Materials, every_s: float
    ) -> None:
        self._source, self._listener, self._shown = source, listener, shown
        self._fault, self._warned = "", ""
        self._loop = Loop("rotation", self._step, every_s=every_s, longest_s=every_s, waits_first=True)

    @contextmanager
    def running(self, trust: CharterTrust) -> Iterator[None]:
        """Check in the background, until the context ends."""
        with trust.watched(self._loop.wake), self._loop:
            yield

    def _step(self) -> bool:
        self._look()
        with suppress(OSError, ValueError):  # where it lies it is found as well
            self._source.settle()
        self._listener.tidy()
        return False

    def _look(self) -> None:
        try:
            found = self._source.read()
            if found == self._shown:
                self._fault = self._warned = ""
                return
            self._listener.show(found)
        except (CharterUnusable, OSError, ValueError) as error:
            self._warn(str(error))
            return
        self._shown = found
        self._fault = self._warned = ""
        _LOGGER.info("new connections are served with a changed certificate, key or list of authorities")

    def _warn(self, fault: str) -> None:
        """Log a fault at its second occurrence in a row, and only once, since files are half written for a moment."""
        if fault == self._fault and fault != self._warned:
            _LOGGER.warning("the server goes on with the certificate and authorities that it has: %s", fault)
            self._warned = fault
        self._fault = fault
