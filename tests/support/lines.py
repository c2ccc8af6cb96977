"""Lines that break: every server behind a relay of its own, which resets connections at random.

The charter goes on naming the same ports; the relays listen there, and each server somewhere else.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from compose.local import local, processes
from compose.local.layout import GATEWAY, Layout, servers
from federation.values.identity import Installation
from tests.support.local import LocalFederation
from tests.support.waiting import PATIENCE_S, wait_for

#: Closing with this sends a reset in place of an orderly end.
_AT_ONCE = struct.pack("ii", 1, 0)
_ELSEWHERE = ("HUTONG_NODE_LISTEN", "HUTONG_GATEWAY_LISTEN")


class Relay:
    """Passes bytes on between callers and one server, wherever that listens at the moment."""

    def __init__(self, layout: Layout, server: Installation, port: int) -> None:
        self._layout, self._server = layout, server
        self._lock = threading.Lock()
        self._pairs: dict[int, tuple[socket.socket, socket.socket]] = {}
        self._listening = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, chance: random.Random) -> bool:
        """Reset one connection; False when there is none."""
        with self._lock:
            pair = self._pairs.pop(chance.choice([*self._pairs]), None) if self._pairs else None
        for end in pair or ():
            _reset(end)
        return pair is not None

    def close(self) -> None:
        """Listen no more, and reset what is connected."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        while self.cut(random.Random(0)):
            pass

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            up = processes.running(self._layout, self._server)
            try:
                server = socket.create_connection(("127.0.0.1", up.port if up else 0), timeout=PATIENCE_S)
            except OSError:
                _reset(caller)
                continue
            server.settimeout(None)
            with self._lock:
                self._pairs[id(caller)] = (caller, server)
            for source, sink in ((caller, server), (server, caller)):
                threading.Thread(target=self._pass_on, args=(source, sink, id(caller)), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, pair: int) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with self._lock:
            ends = self._pairs.pop(pair, None)
        for end in ends or ():
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Lines:
    """The relays of all servers, and a thread that cuts."""

    def __init__(self, federation: LocalFederation, seed: int) -> None:
        self._layout, self._chance = federation.layout, random.Random(seed)
        self._stop = threading.Event()
        self.cuts: Counter[str] = Counter()
        endpoints = local.endpoints(local.current_charter(self._layout))
        self._relays = {
            server.name: Relay(self._layout, server, int(endpoints[str(server)].rpartition(":")[2]))
            for server in servers()
        }
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def start(self, server: Installation) -> None:
        """Start a server that is down, behind its relay."""
        processes.await_started(self._layout, server, processes.start(self._layout, server))

    def go_on_until(self, cuts: int) -> None:
        """Wait while the backlog drains under further cuts."""
        wait_for(lambda: self._enough(cuts), what=f"{cuts} cuts", seconds=2 * PATIENCE_S)

    def _enough(self, cuts: int) -> bool:
        assert self._thread.is_alive()
        return sum(self.cuts.values()) >= cuts

    def close(self) -> None:
        """Cut no more, and take the relays away."""
        self._stop.set()
        self._thread.join()
        for relay in self._relays.values():
            relay.close()

    def _run(self) -> None:
        while not self._stop.wait(self._chance.uniform(0.02, 0.3)):
            name = self._chance.choice([GATEWAY.name, *self._relays])
            self.cuts[name] += self._relays[name].cut(self._chance)


@contextmanager
def breaking_lines(federation: LocalFederation, seed: int) -> Iterator[Lines]:
    """Put relays that cut before all servers, which are up behind them until the context ends."""
    federation.down(*servers())
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        stack.callback(federation.down, *servers())
        for name in _ELSEWHERE:
            patch.setenv(name, "127.0.0.1:0")
        lines = Lines(federation, seed)
        stack.callback(lines.close)
        for server in servers():
            lines.start(server)
        yield lines


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        end.shutdown(socket.SHUT_RD)  # wakes who reads from it, and sends nothing
    end.close()
