"""The count of calls in progress, so that a stopping server can wait for them and for nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

#: Streams that send a message whenever something changes: they count as idle and never end by themselves.
_IDLE_STREAMS = frozenset({"/grpc.health.v1.Health/Watch"})
#: Seconds without any call in progress after which no further one is expected.
_QUIET_S = 0.25


class Underway(grpc.ServerInterceptor):
    """Counts the single calls in progress and, in streams, the messages in progress.

    A stream between two messages of its caller is idle: a gateway holds one to each node for as long as it runs.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def await_quiet(self, within_s: float) -> bool:
        """Wait until no call has been in progress for a moment; False when that took longer than `within_s`."""
        until = time.monotonic() + within_s
        with self._changed:
            while (left := until - time.monotonic()) > 0:
                if self._count == 0:
                    if not self._changed.wait(min(_QUIET_S, left)):
                        return True
                else:
                    self._changed.wait(left)
        return False

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Return the handler of the method, counted."""
        handler = continuation(handler_call_details)
        if handler is None or handler_call_details.method in _IDLE_STREAMS:
            return handler
        coders = (handler.request_deserializer, handler.response_serializer)
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(self._whole(handler.unary_unary), *coders)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(self._whole_stream(handler.unary_stream), *coders)
        if handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(self._gathered(handler.stream_unary), *coders)
        if handler.stream_stream:
            return grpc.stream_stream_rpc_method_handler(self._exchanged(handler.stream_stream), *coders)
        return handler

    def _whole(self, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        def counted(request: Any, context: grpc.ServicerContext) -> Any:
            with self._one():
                return behaviour(request, context)

        return counted

    def _whole_stream(self, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        def counted(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            with self._one():
                yield from behaviour(request, context)

        return counted

    def _gathered(self, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        def counted(requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
            work = _Message(self)
            try:
                return behaviour(work.of(requests), context)
            finally:
                work.done()

        return counted

    def _exchanged(self, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        def counted(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
            work = _Message(self)
            try:
                yield from behaviour(work.of(requests), context)
            finally:
                work.done()

        return counted

    @contextmanager
    def _one(self) -> Iterator[None]:
        self.add(1)
        try:
            yield
        finally:
            self.add(-1)

    def add(self, difference: int) -> None:
        """Add `difference` to the count."""
        with self._changed:
            self._count += difference
            self._changed.notify_all()


class _Message:
    """The message of one stream that is in progress: from its arrival until the next one is requested."""

    def __init__(self, underway: Underway) -> None:
        self._underway, self._busy = underway, False

    def of(self, requests: Iterator[Any]) -> Iterator[Any]:
        """Yield the messages of the stream, counting each while it is in progress."""
        for request in requests:
            self._busy = True
            self._underway.add(1)
            yield request
            self.done()

    def done(self) -> None:
        """Stop counting the message; called again, it does nothing."""
        if self._busy:
            self._busy = False
            self._underway.add(-1)
