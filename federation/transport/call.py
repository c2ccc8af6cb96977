"""One call under way, and what may be wrapped around it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import grpc

from federation.transport.limits import SMALL
from federation.transport.places import Budget, Held, PlaceKind
from federation.values.identity import Installation


@dataclass
class Call:
    """One call under way; each of `each_message` runs before each message that a streaming caller sends.

    A call holds gRPC's own call, with the connection's buffers, so reference counting alone must free it at its
    end. So nothing that outlives it may refer to it, and it refers to no closure that refers back (`each_message`
    gets the call as an argument).
    """

    method: str
    context: grpc.ServicerContext
    streaming: bool
    peer: Installation | None = None
    each_message: list[Callable[[Call], object]] = field(default_factory=list)
    #: The longest message in bytes that the rpc takes, and the kind of its place.
    request_bytes: int = SMALL
    place: PlaceKind = PlaceKind.CALL
    held: Held | None = None
    budget: Budget | None = None


Layer = Callable[[Call], AbstractContextManager[None]]
