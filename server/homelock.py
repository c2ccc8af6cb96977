"""One process on one home: a second one would write to the log with an outdated tree."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from federation.errors import Unavailable


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold `home` until the context ends or the process dies; raises `Unavailable` when another one holds it."""
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                f"another process runs on {home}: stop it first, or name another home", reason="HOME_IN_USE"
            ) from None
        yield
