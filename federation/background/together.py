"""Several calls at once, for a limited time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence


def together(name: str, actions: Sequence[Callable[[], None]], *, within_s: float) -> None:
    """Run all actions at once; return when all have ended, or after `within_s` seconds.

    An action that takes longer goes on by itself, on a thread called `name`. The actions handle their own errors.
    """
    threads = [threading.Thread(target=action, name=name, daemon=True) for action in actions]
    until = time.monotonic() + within_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
