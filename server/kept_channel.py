"""A channel to one node that is kept between calls, and made anew for what it could not follow by itself.

gRPC reads certificates when a channel is made. So it is made anew when the node has moved or its authority has changed,
and after a while in any case, so that it shows the own certificate of now. Calls under way end on the former channel.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import grpc

from federation.charter.model import Charter, Node
from federation.transport.retired import Retired
from federation.transport.tls import trusted_for

#: Seconds for which a channel goes on showing the certificate with which it was made.
LIFE_S: Final = 60.0
Connect = Callable[[Node, Charter], grpc.Channel]


class KeptChannel:
    """The channel to one node; whoever uses it from several threads holds a lock."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._made_for: tuple[Node, bytes] | None = None
        self._over_at = 0.0
        self._channel: grpc.Channel | None = None
        self._retired = Retired()

    def to(self, node: Node, charter: Charter) -> grpc.Channel:
        """Return the channel to `node` as the charter describes it; raises as `connect`."""
        made_for = (node, trusted_for(node.installation, charter))
        if self._channel is not None and self._made_for == made_for and time.monotonic() < self._over_at:
            return self._channel
        opened = self._connect(node, charter)
        if self._channel is not None:
            self._retired.add(self._channel)
        self._channel, self._made_for, self._over_at = opened, made_for, time.monotonic() + LIFE_S
        return opened

    def leave(self, channel: grpc.Channel) -> None:
        """Use another channel next time, if this is the one in use; calls on it end by themselves."""
        if self._channel is channel:
            self._channel = None

    def drop(self) -> None:
        """Close the channel in use, so that the next call makes another."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def close(self) -> None:
        """Close all channels, with their calls."""
        self.drop()
        self._retired.close()
