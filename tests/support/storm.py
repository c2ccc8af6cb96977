"""A storm of connections from nobody: opened and closed, cut in the middle of a handshake, without a certificate.

Only for servers that the test itself runs, on the loopback interface, and never more at once than there are threads.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

THREADS = 24


def connect_and_close(port: int) -> None:
    """Open a connection and close it at once."""
    socket.create_connection(("127.0.0.1", port), timeout=10).close()


def cut_handshake(port: int) -> None:
    """Send half of what a TLS client sends first, and close."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as opened:
        opened.sendall(_HALF_HELLO)


def handshake_without_certificate(port: int) -> None:
    """Go through the handshake without showing a certificate, until the server ends it."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as opened:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(opened, do_handshake_on_connect=False) as secured:
            secured.do_handshake()
            secured.recv(1)


class Storm:
    """So many hostile connections as were ordered, from all threads together."""

    def __init__(self, port: int, handshakes: int) -> None:
        self._port, self._left = port, handshakes
        self._lock = threading.Lock()
        self.made = 0

    @contextmanager
    def blowing(self) -> Iterator[None]:
        """Let it blow while the context runs, and wait for its end."""
        threads = [threading.Thread(target=self._run, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.join()

    def blow(self) -> None:
        """Let it blow to its end."""
        with self.blowing():
            pass

    def _run(self, number: int) -> None:
        kinds: list[Callable[[int], None]] = [connect_and_close, cut_handshake, handshake_without_certificate]
        for kind in cycle(kinds[number % 3 :] + kinds[: number % 3]):
            with self._lock:
                if self._left == 0:
                    return
                self._left -= 1
                self.made += 1
            with suppress(OSError):  # refused, reset, ended: all of it is the server's good right
                kind(self._port)


def _half_hello() -> bytes:
    """Return the first half of a TLS client's first message."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    hello = outgoing.read()
    return hello[: len(hello) // 2]


_HALF_HELLO = _half_hello()
