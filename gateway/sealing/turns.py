"""While questions are asked, nodes are served with seals one after another, so that a core stays free for answers.

A page for each of four nodes at once is four machines' work at one moment where servers share a machine, and the
gateway verifies four lists of acknowledgements. A node that hangs delays the others by `LONGEST_S` a page, no more.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Seconds that one waits for its turn before it goes ahead without.
LONGEST_S: Final = 0.5


class Turns:
    """Lets one worker at a time go ahead; used from any thread."""

    def __init__(self, *, longest_s: float = LONGEST_S) -> None:
        self._taken = threading.Lock()
        self._longest_s = longest_s

    @contextmanager
    def turn(self, *, asked: bool) -> Iterator[None]:
        """Wait for a turn, at most as long as was stated; not at all unless questions are being `asked`."""
        mine = asked and self._taken.acquire(timeout=self._longest_s)
        try:
            yield
        finally:
            if mine:
                self._taken.release()
