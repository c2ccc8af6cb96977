"""The replies to one question as they come in: the one who asked is woken once, when the last is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TypeAlias

from federation.errors import HutongError
from federation.v1 import query_pb2

Told: TypeAlias = "query_pb2.NodeEvidence | HutongError"
"""A node's paged answer, unverified, or why there is none."""


class Gathering:
    """What the nodes said to one question, by name; each is told once, from the thread of its link."""

    def __init__(self, expected: int) -> None:
        self._missing = expected
        self._told: dict[str, Told] = {}
        self._lock = threading.Lock()
        self._all = threading.Lock()
        if expected:
            self._all.acquire()

    def tell(self, node: str, told: Told) -> None:
        """Take what became of one node."""
        with self._lock:
            self._told[node] = told
            self._missing -= 1
            if not self._missing:
                self._all.release()

    def wait(self, until: float) -> Mapping[str, Told]:
        """Return what came until the last node or the moment `until` (monotonic clock)."""
        self._all.acquire(timeout=max(0.0, until - time.monotonic()))
        with self._lock:
            return dict(self._told)
