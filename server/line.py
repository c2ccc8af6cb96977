"""The line to one node: a connection that follows the node's entry in the charter in force."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import grpc

from federation.charter.model import Charter, Node
from federation.errors import Unavailable

Connect = Callable[[Node, Charter], grpc.Channel]
Stub = TypeVar("Stub")


class Line(Generic[Stub]):
    """Connects when it is first needed, and anew when the node has moved; used from any thread."""

    def __init__(
        self,
        node: str,
        *,
        charter: Callable[[], Charter],
        connect: Connect,
        stub: Callable[[grpc.Channel], Stub],
    ) -> None:
        self._node = node
        self._charter = charter
        self._connect = connect
        self._stub = stub
        self._lock = threading.Lock()
        self._channel: tuple[Node, grpc.Channel] | None = None
        self._closed = False

    def to(self) -> tuple[Node, Stub]:
        """Return the node as the charter describes it, and the stub that calls it.

        Raises `Unavailable` when the charter no longer names it, or the line was closed.
        """
        charter = self._charter()
        node = next((each for each in charter.nodes if each.name == self._node), None)
        if node is None:
            raise Unavailable(f"charter {charter.version} names no node {self._node}")
        with self._lock:
            if self._closed:
                raise Unavailable(f"the line to {self._node} is closed: this server is stopping")
            if self._channel is not None and self._channel[0] != node:
                self._drop()
            if self._channel is None:
                self._channel = (node, self._connect(node, charter))
            return node, self._stub(self._channel[1])

    def hang_up(self) -> None:
        """Connect anew next time."""
        with self._lock:
            self._drop()

    def close(self) -> None:
        """End calls under way, and never connect again."""
        with self._lock:
            self._closed = True
            self._drop()

    def _drop(self) -> None:
        known, self._channel = self._channel, None
        if known is not None:
            known[1].close()
