"""Servers killed at random while something goes on, and notices handed in until they are answered."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

import psutil

from compose.local import processes
from compose.local.layout import GATEWAY, node_installation
from federation.errors import HutongError
from federation.v1 import notice_pb2 as pb
from federation.values.identity import Installation
from tests.support.local import LocalFederation
from tests.support.waiting import PATIENCE_S, wait_for

KILLED = [GATEWAY, *(node_installation(a) for a in ("police", "procuratorate", "justice"))]


def kill(federation: LocalFederation, server: Installation) -> bool:
    """Kill a server and wait until it is gone; False when it was not up."""
    up = processes.running(federation.layout, server)
    if up is None:
        return False
    with suppress(psutil.Error):
        process = psutil.Process(up.pid)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
    return True


class Killer:
    """Kills a server now and then and starts it again, until told to stop."""

    def __init__(
        self,
        federation: LocalFederation,
        seed: int,
        start: Callable[[Installation], None] | None = None,
    ) -> None:
        """`start` starts a server again; without it, the federation does."""
        self._federation, self._chance = federation, random.Random(seed)
        self._start = start or federation.up
        self._stop = threading.Event()
        self.killed: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def pause(self) -> None:
        """Let time pass between two pages, so that kills fall into the middle."""
        time.sleep(self._chance.uniform(0.0, 0.4))

    def go_on_until(self, kills: int) -> None:
        """Wait while the backlog drains under further kills."""
        wait_for(lambda: self._enough(kills), what=f"{kills} kills", seconds=2 * PATIENCE_S)

    def _enough(self, kills: int) -> bool:
        assert self._thread.is_alive()
        return sum(self.killed.values()) >= kills

    def _run(self) -> None:
        while not self._stop.wait(self._chance.uniform(0.2, 1.0)):
            server = self._chance.choice(KILLED)
            if kill(self._federation, server):
                self.killed[server.name] += 1
                self._stop.wait(self._chance.uniform(0.0, 0.5))
                self._start(server)


def hand_in(federation: LocalFederation, sender: str, notices: Sequence[pb.Notice]) -> list[pb.NoticeReceipt]:
    """Send a page until it is answered: the same notices in a new envelope each time."""

    def send() -> list[pb.NoticeReceipt]:
        with federation.fresh_client(sender) as client:
            return client.notices.submit(notices)

    return wait_for(send, what="an answer of the gateway", passing=HutongError, pause_s=0.2)
