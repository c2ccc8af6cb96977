"""A plain port on this machine for whoever keeps the server running: does it live, is it ready, what ends when.

Off unless `watch_listen` is set. It speaks HTTP to this machine alone, and it knows nothing of a register: neither a
count nor a time that an entry or a seal changes. The figures of a server's parts are held for a minute
(`server.figures`).
"""

from __future__ import annotations

import io
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Final

from cryptography import x509

from federation.charter.trust import CharterTrust
from federation.errors import CannotAccount, HutongError
from federation.transport.materials import MaterialsSource
from server.figures import HeldFigures
from server.journal.journal import Journal

#: What a server answers that is ready; any other text is the reason why it is not, or of another program.
READY: Final = "ready"
_LOGGER = logging.getLogger(__name__)
#: Seconds that a client of this port may take for its request, however many bytes it sends meanwhile.
_PATIENCE_S: Final = 5.0
_MOST_AT_ONCE: Final = 16
#: Seconds without a checkpoint after which these are late, and after which they count as stopped.
_LATE_S: Final = 30.0
_STOPPED_S: Final = 120.0
#: Figure -> what it means and in which unit.
FIGURES: Final[Mapping[str, str]] = {
    "hutong_ready": "1 while the server can answer, else 0",
    "hutong_charter_expires_timestamp_seconds": "when the first metadata of the charter in force expires; Unix time",
    "hutong_certificate_expires_timestamp_seconds": "when the server's TLS certificate expires; Unix time",
    "hutong_checkpoint_looked_timestamp_seconds": (
        "the last minute in which a signed checkpoint covered the log; Unix time"
    ),
}


@dataclass(frozen=True)
class Watch:
    """What can be seen of a server from its own machine."""

    trust: CharterTrust
    journal: Journal
    materials: MaterialsSource
    #: Seconds since the log was last covered by a checkpoint, which is looked after every few seconds.
    uncovered_s: Callable[[], float]
    #: The figures of the server's parts.
    of_parts: HeldFigures = field(default_factory=HeldFigures)

    def not_ready(self) -> str:
        """Return why the server can answer nothing now; "" when it can."""
        try:
            self.trust.current()
            self.journal.condition.insist()
        except HutongError as error:
            return f"{error.reason}: {error.message}"
        if self.uncovered_s() > _STOPPED_S:
            return (
                f"{CannotAccount.reason}: nothing could be written for two minutes: see what standard error says; "
                "the disk may be full"
            )
        return ""

    def figures(self) -> Iterator[tuple[str, float]]:
        """Yield the figures of `FIGURES` that are known."""
        yield "hutong_ready", float(not self.not_ready())
        if (charter := self.trust.expires()) is not None:
            yield "hutong_charter_expires_timestamp_seconds", charter.timestamp()
        try:
            certificate = x509.load_pem_x509_certificate(self.materials.pair()[0])
            yield "hutong_certificate_expires_timestamp_seconds", certificate.not_valid_after_utc.timestamp()
        except (OSError, ValueError):
            pass  # gone, half written or another key's, so not in use: a missing figure is an alarm of its own
        yield "hutong_checkpoint_looked_timestamp_seconds", self._covered_at()

    def _covered_at(self) -> float:
        """Return the minute of the clock while checkpoints are signed, then the last one in which they were.

        The time of a look itself would show by its drift how often there was something to sign.
        """
        late_s = self.uncovered_s()
        at = time.time() - (late_s if late_s > _LATE_S else 0.0)
        return at - at % 60

    def text(self) -> str:
        """Return the figures in the text format of Prometheus."""
        lines = (
            f"# HELP {name} {FIGURES[name]}\n# TYPE {name} gauge\n{name} {value!r}\n"
            for name, value in self.figures()
        )
        return "".join(lines) + self.of_parts.text()


@contextmanager
def watched(address: str | None, watch: Watch) -> Iterator[None]:
    """Answer on `address` ("IP:port", this machine's own) until the context ends; without one do nothing.

    Raises `OSError` naming the setting when the port cannot be had.
    """
    if address is None:
        yield
        return
    host, _, port = address.rpartition(":")
    try:
        server = _Server((host, int(port)), watch)
    except OSError as error:
        raise OSError(
            f"cannot listen on {address} for health checks: {error.strerror or error}. Stop the program that has the "
            "port, or set `watch_listen` to one that is free"
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Serves a few connections at once, and closes further ones at once: programs of this machine cannot exhaust it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], watch: Watch) -> None:
        self.watch = watch
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without looking up the name of the address, which takes long where the name service is gone."""
        TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), int(port)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # the machine has no room for a thread, which would release the place
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that hangs up is no fault
            _LOGGER.exception("the port for health checks met an error that it does not know")


class _UntilDeadline(io.RawIOBase):
    """Reads from a connection until a moment, so that sending byte by byte wins no time."""

    def __init__(self, connection: socket.socket, patience_s: float) -> None:
        self._connection = connection
        self._until = time.monotonic() + patience_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the request took too long")
        self._connection.settimeout(left_s)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(_PATIENCE_S)


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server: _Server

    def setup(self) -> None:
        """Read with one deadline for the whole request."""
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(_UntilDeadline(self.connection, _PATIENCE_S))

    def do_GET(self) -> None:
        watch = self.server.watch
        if self.path == "/live":
            self._answer(200, "live\n")
        elif self.path == "/ready":
            why = watch.not_ready()
            self._answer(503 if why else 200, f"{why or READY}\n")
        elif self.path == "/metrics":
            self._answer(200, watch.text())
        else:
            self._answer(404, "ask for /live, /ready or /metrics\n")

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Return the name of the program without versions, which help only an attacker."""
        return "hutong"

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: whoever watches asks every few seconds."""
