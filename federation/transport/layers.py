"""What happens around a call, in an order one can read: `Layers(status, recorded(...), restricted(...))`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from federation.errors import (
    AlreadyExists,
    Exhausted,
    HutongError,
    InvalidRequest,
    NotFound,
    OutOfOrder,
    PermissionDenied,
    Stale,
    Unauthenticated,
)
from federation.identity import Installation
from federation.transport.access import Access
from federation.transport.peer import PeerVerifier
from federation.transport.status import abort

log = logging.getLogger(__name__)

REFUSALS = (AlreadyExists, NotFound, Unauthenticated, PermissionDenied, InvalidRequest, OutOfOrder, Stale)
"""What `recorded` tells of: the caller was turned away. That we cannot serve is no refusal."""


@dataclass
class Call:
    """One call under way; each of `each_message` runs before each message that a streaming caller sends.

    A call must leave nothing behind but what the garbage of one reference count frees: it holds gRPC's own
    call, with the connection's buffers. So nothing outlives it that refers to it, and it refers to no closure
    that refers back (`each_message` is handed the call).
    """

    method: str
    context: grpc.ServicerContext
    streaming: bool
    peer: Installation | None = None
    each_message: list[Callable[[Call], object]] = field(default_factory=list)


Layer = Callable[[Call], AbstractContextManager[None]]

_PEER = "hutong_peer"
"""The attribute of a call's context that names the caller; it goes when gRPC drops the context."""


def peer_of(context: grpc.ServicerContext) -> Installation:
    """Return who makes this call, as the handshake proved it."""
    peer = getattr(context, _PEER, None)
    if not isinstance(peer, Installation):
        raise Unauthenticated("nobody has checked who calls", reason="NO_CERTIFICATE")
    return peer


class Layers(grpc.ServerInterceptor):
    """One interceptor that wraps every handler, unary or streaming, in the same layers, outermost first."""

    def __init__(self, *layers: Layer) -> None:
        self._layers = layers
        self._entered = _nested(layers)

    def inside(self, layer: Layer) -> Layers:
        """Return the same layers with one more inside them."""
        return Layers(*self._layers, layer)

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Return the handler of the method with the layers around it."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None  # UNIMPLEMENTED, by grpc
        method = handler_call_details.method
        if handler.request_streaming or handler.response_streaming:
            return self._around_stream(method, handler)
        return self._around_unary(method, handler)

    def _around_unary(
        self, method: str, handler: grpc.RpcMethodHandler[Any, Any]
    ) -> grpc.RpcMethodHandler[Any, Any]:
        behaviour = handler.unary_unary
        if behaviour is None:
            raise TypeError(f"{method} has no unary behaviour")

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            with self._entered(Call(method, context, streaming=False)):
                return behaviour(request, context)

        return grpc.unary_unary_rpc_method_handler(
            answer, handler.request_deserializer, handler.response_serializer
        )

    def _around_stream(
        self, method: str, handler: grpc.RpcMethodHandler[Any, Any]
    ) -> grpc.RpcMethodHandler[Any, Any]:
        coders = (handler.request_deserializer, handler.response_serializer)
        behaviour: Callable[..., Any] | None = (
            handler.stream_stream or handler.unary_stream or handler.stream_unary
        )
        if behaviour is None:
            raise TypeError(f"{method} has no streaming behaviour")

        # The body is inside the `with`: around the mere call it would end before the handler runs.
        def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            call = Call(method, context, streaming=True)
            with self._entered(call):
                yield from behaviour(
                    _checked(request, call) if handler.request_streaming else request, context
                )

        def gather(requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
            call = Call(method, context, streaming=True)
            with self._entered(call):
                return behaviour(_checked(requests, call), context)

        if not handler.response_streaming:
            return grpc.stream_unary_rpc_method_handler(gather, *coders)
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(stream, *coders)
        return grpc.unary_stream_rpc_method_handler(stream, *coders)


def _nested(layers: tuple[Layer, ...]) -> Layer:
    """Return the layers as one; not by `ExitStack`, which ties what is raised and its frames into a ring."""
    if len(layers) == 1:
        return layers[0]
    outer, inner = layers[0], _nested(layers[1:])

    @contextmanager
    def both(call: Call) -> Iterator[None]:
        with outer(call), inner(call):
            yield

    return both


@contextmanager
def status(call: Call) -> Iterator[None]:
    """Turn what was raised into a gRPC status; outermost, so that everything is translated."""
    try:
        yield
    except HutongError as error:
        abort(call.context, error)
    except Exception as error:
        if _status_set(call.context):  # a deliberate abort passes
            raise
        if not call.context.is_active():  # cancelled, or past its deadline: nobody is listening
            log.debug("%s was given up by its caller: %r", call.method, error)
            error.__traceback__ = None  # gRPC keeps this error with the call, which the frames refer to
            call.context.abort(grpc.StatusCode.CANCELLED, "given up by its caller")
        abort(call.context, error)


def recorded(refused: Callable[[str, Installation | None, HutongError], None]) -> Layer:
    """Return the layer that tells `refused(method, peer, error)` of every caller turned away.

    What `refused` raises (the log cannot be written) is what the caller gets instead.
    """

    @contextmanager
    def layer(call: Call) -> Iterator[None]:
        try:
            yield
        except REFUSALS as error:
            refused(call.method, call.peer, error)
            raise

    return layer


def restricted(access: Access, peers: PeerVerifier) -> Layer:
    """Return the layer that lets in whom the table admits, and asks again before each message of a stream."""

    def check(call: Call) -> None:
        call.peer = peers.verify(call.context)
        access.check(call.method, call.peer)
        setattr(call.context, _PEER, call.peer)

    @contextmanager
    def layer(call: Call) -> Iterator[None]:
        check(call)
        call.each_message.append(check)
        yield

    return layer


def capped(streams: int) -> Layer:
    """Return the layer that refuses the stream after the `streams`-th: each holds a worker for its life."""
    places = threading.BoundedSemaphore(streams)

    @contextmanager
    def layer(call: Call) -> Iterator[None]:
        if not call.streaming:
            yield
            return
        if not places.acquire(blocking=False):
            raise Exhausted(f"{streams} streams are open, and no more are served here", retry_after_s=2.0)
        try:
            yield
        finally:
            places.release()

    return layer


def _status_set(context: Any) -> bool:
    return context.code() is not None


def _checked(requests: Iterator[Any], call: Call) -> Iterator[Any]:
    for request in requests:
        for check in call.each_message:
            check(call)
        yield request
