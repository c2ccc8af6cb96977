"""The line to one node: a connection that follows the node's entry in the charter in force."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import grpc

from federation.charter.model import Charter, Node
from federation.errors import Unavailable
from server.kept_channel import Connect, KeptChannel

__all__ = ["Connect", "Line"]

Stub = TypeVar("Stub")


class Line(Generic[Stub]):
    """Connects when first needed, and anew when node or certificates have changed; used from any thread."""

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
        self._stub = stub
        self._lock = threading.Lock()
        self._channel = KeptChannel(connect)
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
            return node, self._stub(self._channel.to(node, charter))

    def hang_up(self) -> None:
        """Connect anew next time."""
        with self._lock:
            self._channel.drop()

    def close(self) -> None:
        """End calls under way, and never connect again."""
        with self._lock:
            self._closed = True
            self._channel.close()
