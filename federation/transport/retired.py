"""Channels that another one has replaced: they are closed once no call can be under way on them any more."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Final

import grpc

#: Longer than any call on a channel that is replaced may take.
LIFE_S: Final = 120.0


class Retired:
    """Channels on which calls may still be under way; used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channels: deque[tuple[float, grpc.Channel]] = deque()

    def add(self, channel: grpc.Channel) -> None:
        """Keep a channel until its calls have ended, and close those whose time is over."""
        over = []
        with self._lock:
            self._channels.append((time.monotonic() + LIFE_S, channel))
            while self._channels[0][0] <= time.monotonic():
                over.append(self._channels.popleft()[1])
        for each in over:
            each.close()

    def close(self) -> None:
        """Close all, with their calls."""
        with self._lock:
            channels, self._channels = [channel for _, channel in self._channels], deque()
        for each in channels:
            each.close()
