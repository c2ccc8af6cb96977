"""Pauses after failures: growing, jittered, and each reason logged once until the next success."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable

from federation.errors import HutongError

_LOGGER = logging.getLogger(__name__)
#: The reason that a peer of an older version gives for a method it does not know.
NOT_OFFERED = "UNIMPLEMENTED"
#: Seconds: the first pause after a failure, the longest one, and the one for a peer without the method.
FIRST_PAUSE_S, LONGEST_PAUSE_S, NOT_OFFERED_PAUSE_S = 0.1, 30.0, 300.0
#: An item that is refused this many times on its own is parked.
MOST_ATTEMPTS = 6


def pause_of(attempts: int) -> float:
    """Return the seconds until an item refused `attempts` times is tried again: jittered, growing fast."""
    return FIRST_PAUSE_S * 4.0**attempts * random.uniform(0.5, 1.0)  # noqa: S311  # spreads tries, protects nothing


class Backoff:
    """Pauses after failures, and their logging: each reason is logged once until the next success.

    A `HutongError` is logged as a warning, any other error with its traceback. Pauses double, jittered, from
    `FIRST_PAUSE_S` to `longest_s`; the pause for a peer that does not offer the method is much longer.
    """

    def __init__(self, what: str, *, longest_s: float = LONGEST_PAUSE_S) -> None:
        self._what = what
        self._longest_s = longest_s
        self._failures = 0
        self._named: set[str] = set()
        self._until = 0.0

    def failed(self, error: Exception) -> float:
        """Record a failure; return the seconds until the next try."""
        self._failures += 1
        reason = error.reason if isinstance(error, HutongError) else type(error).__name__
        if reason not in self._named:
            self._named.add(reason)
            if isinstance(error, HutongError):
                _LOGGER.warning("%s: waits: %s: %s", self._what, reason, error.message)
            else:
                _LOGGER.error("%s: waits: %s", self._what, reason, exc_info=error)
        pause = min(self._longest_s, FIRST_PAUSE_S * 2.0 ** min(self._failures, 12))
        pause *= random.uniform(0.5, 1.0)  # noqa: S311  # spreads tries, protects nothing
        if reason == NOT_OFFERED:
            pause = NOT_OFFERED_PAUSE_S
        self._until = time.monotonic() + pause
        return pause

    def succeeded(self) -> None:
        """Forget earlier failures."""
        self._failures, self._until = 0, 0.0
        self._named.clear()

    def ready(self) -> bool:
        """Say whether the pause after the last failure is over."""
        return time.monotonic() >= self._until


class Backoffs:
    """A `Backoff` for each peer, so that none waits for another that fails; `what` names the work, for the log."""

    def __init__(self, what: str, *, longest_s: float = LONGEST_PAUSE_S) -> None:
        self._what = what
        self._longest_s = longest_s
        self._of: dict[str, Backoff] = {}

    def ready(self, peer: str) -> bool:
        """Say whether the pause after this peer's last failure is over."""
        return peer not in self._of or self._of[peer].ready()

    def attempt(self, peer: str, action: Callable[[], object]) -> bool:
        """Run `action` for a peer unless it pauses, and say whether it succeeded; a `HutongError` begins a pause."""
        if not self.ready(peer):
            return False
        backoff = self._of.setdefault(peer, Backoff(f"{self._what} {peer}", longest_s=self._longest_s))
        try:
            action()
        except HutongError as error:
            backoff.failed(error)
            return False
        backoff.succeeded()
        return True
