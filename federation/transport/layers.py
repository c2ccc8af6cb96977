"""Layers around every call, in an order that can be read: `Layers(status, recorded(...), restricted(...))`."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from federation.errors import (
    AlreadyExists,
    HutongError,
    InvalidRequest,
    NotFound,
    OutOfOrder,
    PermissionDenied,
    Stale,
    Unauthenticated,
    Unavailable,
)
from federation.transport.access import Access, AccessRule
from federation.transport.call import Call, Layer
from federation.transport.messages import argument_of, read_messages, sendable
from federation.transport.peer import PeerVerifier
from federation.transport.status import abort
from federation.values.identity import Installation

log = logging.getLogger(__name__)

REFUSALS = (AlreadyExists, NotFound, Unauthenticated, PermissionDenied, InvalidRequest, OutOfOrder, Stale)
"""The errors that `recorded` logs: the caller was turned away. A failure of the server itself is no refusal."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An admitted caller, with the rpc and the rule."""

    method: str
    peer: Installation
    rule: AccessRule


_ADMITTED = "hutong_admitted"
"""The attribute of a call's context that holds `Admitted`; it goes when gRPC drops the context."""


def admitted(context: grpc.ServicerContext) -> Admitted:
    """Return the caller, as the handshake proved it, and the rule by which the call was admitted."""
    found = getattr(context, _ADMITTED, None)
    if not isinstance(found, Admitted):
        raise Unauthenticated("nobody has checked who calls", reason="NO_CERTIFICATE")
    return found


def peer_of(context: grpc.ServicerContext) -> Installation:
    """Return the caller, as the handshake proved it."""
    return admitted(context).peer


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
        """Return the handler of the method with the layers around it.

        Every request reaches the layers as a stream of bytes, also in single calls (on the wire they are alike). So
        a message is read only after the layers have admitted its caller, and parsed only if it is short enough;
        and a call that never sends its message is counted like any other.
        """
        handler = continuation(handler_call_details)
        if handler is None:
            return None  # UNIMPLEMENTED, by grpc
        method = handler_call_details.method
        behaviour: Callable[..., Any] | None = (
            handler.unary_unary or handler.stream_stream or handler.unary_stream or handler.stream_unary
        )
        if behaviour is None:
            raise TypeError(f"{method} has no behaviour")
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(self._stream(method, handler, behaviour))
        return grpc.stream_unary_rpc_method_handler(self._single(method, handler, behaviour))

    def _single(
        self, method: str, handler: grpc.RpcMethodHandler[Any, Any], behaviour: Callable[..., Any]
    ) -> Callable[[Iterator[bytes], grpc.ServicerContext], bytes]:
        def answer(requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
            call = Call(method, context, streaming=handler.request_streaming)
            with self._entered(call), closing(read_messages(requests, call, handler)) as messages:
                return sendable(behaviour(argument_of(messages, call, handler), context), call, handler)

        return answer

    def _stream(
        self, method: str, handler: grpc.RpcMethodHandler[Any, Any], behaviour: Callable[..., Any]
    ) -> Callable[[Iterator[bytes], grpc.ServicerContext], Iterator[bytes]]:
        # The body is inside the `with`: around the call alone, the `with` would end before the handler runs.
        def stream(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            call = Call(method, context, streaming=True)
            with self._entered(call), closing(read_messages(requests, call, handler)) as messages:
                for response in behaviour(argument_of(messages, call, handler), context):
                    yield sendable(response, call, handler)

        return stream


def _nested(layers: tuple[Layer, ...]) -> Layer:
    """Return the layers as one; without `ExitStack`, which links an exception and its frames in a reference cycle."""
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
    """Turn any exception into a gRPC status; the outermost layer, so that everything is translated."""
    try:
        yield
    except HutongError as error:
        abort(call.context, error)
    except Exception as error:
        if _status_set(call.context):  # a deliberate abort passes
            raise
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            abort(call.context, Unavailable("no file can be opened here now", reason="NO_DESCRIPTOR_LEFT"))
        if not call.context.is_active():  # cancelled, or past its deadline: nobody is listening
            log.debug("%s was given up by its caller: %r", call.method, error)
            error.__traceback__ = None  # gRPC keeps this error with the call, which the frames refer to
            call.context.abort(grpc.StatusCode.CANCELLED, "given up by its caller")
        abort(call.context, error)


def recorded(refused: Callable[[str, Installation | None, HutongError], None]) -> Layer:
    """Return the layer that calls `refused(method, peer, error)` for every refused caller.

    If `refused` raises an error (the log cannot be written), the caller gets that error instead.
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
    """Return the layer that admits callers by the table, and checks again before each message of a stream."""

    def check(call: Call) -> None:
        call.peer = peers.verify(call.context)
        rule = access.check(call.method, call.peer)
        call.request_bytes, call.place = rule.request_bytes, rule.place
        setattr(call.context, _ADMITTED, Admitted(call.method, call.peer, rule))

    @contextmanager
    def layer(call: Call) -> Iterator[None]:
        check(call)
        call.each_message.append(check)
        yield

    return layer


def _status_set(context: Any) -> bool:
    return context.code() is not None
