"""A relay before one server that can hold back what the server says, and then cut the connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class HoldingRelay:
    """Passes bytes on between callers and the server at `port` of this machine."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._open = threading.Event()
        self._open.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"localhost:{self._listening.getsockname()[1]}"
        self._swallowing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        """Let nothing that the server says through; what callers say still arrives."""
        self._open.clear()

    def swallow(self) -> None:
        """Cut each present connection when its caller says something, which then does not arrive."""
        with self._lock:
            self._swallowing = True

    def cut(self) -> None:
        """Cut all connections, without what was held back; new ones are let through."""
        with self._lock:
            pairs, self._pairs, self._swallowing = self._pairs, [], False
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._open.set()

    def close(self) -> None:
        """Listen no more, and cut what is connected."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            pair = (caller, socket.create_connection(self._server, timeout=5))
            pair[1].settimeout(None)
            with self._lock:
                self._pairs.append(pair)
            for reply in (False, True):
                threading.Thread(target=self._pass_on, args=(pair, reply), daemon=True).start()

    def _pass_on(self, pair: tuple[socket.socket, socket.socket], reply: bool) -> None:
        source, sink = pair[::-1] if reply else pair
        with suppress(OSError):
            while data := source.recv(65536):
                if reply:
                    self._open.wait()
                elif self._swallowing:
                    self.cut()
                sink.sendall(data)
        for end in pair:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()


@contextmanager
def holding_relay(port: int) -> Iterator[HoldingRelay]:
    """Yield a relay before the server at `port`, until the context ends."""
    relay = HoldingRelay(port)
    try:
        yield relay
    finally:
        relay.close()
