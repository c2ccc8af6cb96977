"""Wait for conditions, never for seconds: generous limits, so that a slow machine is no failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

_T = TypeVar("_T")
#: Seconds after which a condition that does not come true fails the test; also the deadline of single calls.
PATIENCE_S: Final = 300.0
_PAUSE_S: Final = 0.05


def wait_for(
    probe: Callable[[], _T],
    until: Callable[[_T], object] = bool,
    *,
    what: str,
    passing: type[Exception] | tuple[type[Exception], ...] = (),
    seconds: float = PATIENCE_S,
    pause_s: float = _PAUSE_S,
) -> _T:
    """Return the first value of `probe` for which `until` holds.

    An error of a kind in `passing` counts as not yet; every other one is raised. Raises `AssertionError` that
    says for `what` it waited, and what `probe` returned or raised last.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen = probe()
            if until(seen):
                return seen
            last = repr(seen)
        except passing as error:
            last = repr(error)
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}; seen last: {last}")
        time.sleep(pause_s)
