"""The server object that accepts connections at a port, and its predecessors, whose connections end by their age.

The credentials of a gRPC server object never change here: replacing them during handshakes crashes the process
(grpc/grpc#36693). New certificates or authorities take effect through a new server object on the same port.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import grpc

from federation.transport.materials import Materials
from federation.transport.port import ReservedPort

#: Server objects that may be ending at once; with one more, the calls of the oldest are cut.
MOST_ENDING = 32


@dataclass(frozen=True)
class _ListeningServer:
    """A server object that listens, and the inode numbers of its listening sockets."""

    server: grpc.Server
    sockets: frozenset[int]


@dataclass(frozen=True)
class _EndingServer:
    """A server object that accepts no more connections, and when (monotonic seconds) its last one will have ended."""

    server: grpc.Server
    over_at: float


class Listener:
    """Listens at `port` with the server objects that `build` makes, one at a time.

    A replaced server object ends after `lifetime_s` seconds: no connection lives longer, so none of its calls
    is cut. Where calls must be cut nevertheless, they have `cut_s` more seconds.
    """

    def __init__(
        self, *, build: Callable[[], grpc.Server], port: ReservedPort, lifetime_s: float, cut_s: float
    ) -> None:
        self._build, self._port = build, port
        self._lifetime_s, self._cut_s = lifetime_s, cut_s
        self._lock = threading.Lock()
        self._serving: _ListeningServer | None = None
        self._ending: deque[_EndingServer] = deque()

    def show(self, materials: Materials) -> None:
        """Accept connections with `materials` from now on.

        Raises `OSError` when the new server object cannot listen; then the current one stays.
        """
        with self._lock:
            before = self._port.listening()
            server = self._build()
            self._port.prefer_the_next()
            try:
                server.add_secure_port(self._port.address, materials.credentials())
            except RuntimeError as error:
                raise OSError(f"cannot listen on {self._port.address}: {error}") from error
            server.start()
            replaced = self._serving
            self._serving = _ListeningServer(server, self._port.listening() - before)
            if replaced is not None:
                self._end(replaced)

    def tidy(self) -> None:
        """Stop the server objects whose last connection has ended."""
        with self._lock:
            while self._ending and self._ending[0].over_at <= time.monotonic():
                self._ending.popleft().server.stop(self._cut_s)

    def stop(self, within_s: float) -> list[threading.Event]:
        """Accept no more calls, and cut those under way after `within_s` seconds.

        Return an event for each server object, set once it has stopped. May be called again with less time.
        """
        with self._lock:
            servers = [ending.server for ending in self._ending]
            if self._serving is not None:
                servers.append(self._serving.server)
            return [server.stop(within_s) for server in servers]

    def _end(self, replaced: _ListeningServer) -> None:
        """Accept no more connections with a server object, and let its current ones live out their time.

        New ones go to the server object that has replaced it. If its sockets cannot be closed separately, the
        server object stops with all its calls.
        """
        if not replaced.sockets or not self._port.close(replaced.sockets):
            replaced.server.stop(self._cut_s)
            return
        self._ending.append(_EndingServer(replaced.server, time.monotonic() + self._lifetime_s))
        if len(self._ending) > MOST_ENDING:
            self._ending.popleft().server.stop(self._cut_s)
