"""A wire without sockets: the real services behind their real access tables, called from the same process.

Messages are written out and read again as on the network, callers are let in by the same tables, and a server that
is down cannot be reached. Only TLS is missing: who calls is what the channel says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import grpc

from federation.errors import Unavailable
from federation.transport.access import Access, AccessRule
from federation.transport.layers import Layers, restricted
from federation.transport.serving import Service
from federation.values.identity import Installation


class Server:
    """The services of one installation; `up` says whether anybody reaches them."""

    def __init__(
        self, services: Sequence[Service], rules: Mapping[str, AccessRule], own: Installation
    ) -> None:
        self.up = True
        self._access = Access(rules, own.member)
        self._handlers: dict[str, Any] = {}
        for service in services:
            service.add_to(_Registering(self._handlers))  # type: ignore[arg-type]  # all it needs of a server

    def handler(self, method: str) -> Any:
        """Return the handler of `method` as the server's interceptor wraps it."""
        found = Layers(restricted(self._access, _Peers())).intercept_service(  # type: ignore[arg-type]
            lambda details: self._handlers[details.method],
            cast("grpc.HandlerCallDetails", _Details(method)),
        )
        assert found is not None
        return found


class _Peers:
    """Who calls, as the channel of this process says."""

    def verify(self, context: _Context) -> Installation:
        """Return the caller."""
        return context.peer_is


class Channel:
    """What a stub needs of a `grpc.Channel`, to whichever server `find` returns now."""

    def __init__(self, find: Callable[[], Server], caller: Installation) -> None:
        self._find, self._caller = find, caller

    def unary_unary(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None, **_: Any
    ) -> Callable[..., Any]:
        """Return a call of one message for one."""

        def call(request: Any, **_: Any) -> Any:
            handler = self._reached().handler(method)
            sent = iter([request_serializer(request)])
            return response_deserializer(handler.stream_unary(sent, _Context(self._caller)))

        return call

    def stream_stream(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None, **_: Any
    ) -> Callable[..., Any]:
        """Return a call of many messages for many; it breaks when the server is not the same any more."""

        def call(requests: Iterator[Any], **_: Any) -> _Stream:
            server = self._reached()
            handler = server.handler(method)

            def sent() -> Iterator[Any]:
                for request in requests:
                    if not server.up or self._find() is not server:
                        raise Unavailable("the line broke")
                    yield request_serializer(request)

            answers = handler.stream_stream(sent(), _Context(self._caller))
            return _Stream(response_deserializer(answer) for answer in answers)

        return call

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held open."""

    def _reached(self) -> Server:
        server = self._find()
        if not server.up:
            raise Unavailable("the server is down")
        return server


class _Stream(Iterator[Any]):
    def __init__(self, answers: Iterator[Any]) -> None:
        self._answers = answers

    def __next__(self) -> Any:
        return next(self._answers)

    def cancel(self) -> None:
        """The generator ends with its last reference."""


class _Context:
    """A call under way, of which the services ask nothing but who calls."""

    def __init__(self, peer_is: Installation) -> None:
        self.peer_is = peer_is


@dataclass(frozen=True)
class _Details:
    method: str


class _Registering:
    """Takes handlers the way a server does."""

    def __init__(self, handlers: dict[str, Any]) -> None:
        self._handlers = handlers

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """The same ones come by name too."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Keep each under its full name."""
        self._handlers |= {f"/{service}/{name}": handler for name, handler in handlers.items()}
