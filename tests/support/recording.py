"""What callers get from each rpc, recorded on its way to them: messages as they came, status and trailers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

import federation.client.connection
from federation.transport.tls import channel
from federation.values.identity import Installation, Kind

#: The trailer with the error's details.
_STATUS = "grpc-status-details-bin"
#: Known here, so that the details of an error can be read.
_DETAILS = (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo)


@dataclass(frozen=True)
class Heard:
    """What a caller got from one call to one kind of server."""

    server: Kind
    method: str
    messages: tuple[Message, ...]
    code: str
    details: str
    #: Names of the trailers, and the status with its details where there is one.
    trailers: tuple[str, ...]
    status: status_pb2.Status


class Recorder:
    """Every call of the clients whose channels it follows, while it listens."""

    def __init__(self) -> None:
        self._heard: list[Heard] | None = None
        self._lock = threading.Lock()

    @contextmanager
    def listening(self) -> Iterator[list[Heard]]:
        """Yield the list that calls are recorded in until the context ends."""
        heard: list[Heard] = []
        self._heard = heard
        try:
            yield heard
        finally:
            self._heard = None

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """Record nothing until the context ends: waiting takes as many calls as it takes."""
        heard, self._heard = self._heard, None
        try:
            yield
        finally:
            self._heard = heard

    def follow(self, patch: pytest.MonkeyPatch) -> None:
        """Follow every channel that clients open from now on."""

        def followed(endpoint: str, *, server: Installation, **more: Any) -> grpc.Channel:
            opened = channel(endpoint, server=server, **more)
            return grpc.intercept_channel(opened, _Listener(server.kind, self._keep))

        patch.setattr(federation.client.connection, "channel", followed)

    def _keep(self, heard: Heard) -> None:
        with self._lock:
            if self._heard is not None:
                self._heard.append(heard)


class _Listener(
    grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor, grpc.StreamStreamClientInterceptor
):
    """Passes each call on and hands in what came back."""

    def __init__(self, server: Kind, keep: Callable[[Heard], None]) -> None:
        self._server, self._keep = server, keep

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        call = continuation(details, request)
        messages = () if call.exception() else (call.result(),)
        self._keep(_heard(self._server, details.method, messages, call))
        return call

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return _Stream(continuation(details, request), self._server, details.method, self._keep)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return _Stream(continuation(details, requests), self._server, details.method, self._keep)


class _Stream:
    """A stream that is handed in when it ends."""

    def __init__(self, call: Any, server: Kind, method: str, keep: Callable[[Heard], None]) -> None:
        self._call, self._server, self._method, self._keep = call, server, method, keep
        self._messages: list[Message] = []

    def __iter__(self) -> _Stream:
        return self

    def __next__(self) -> Message:
        try:
            message: Message = next(self._call)
        except (StopIteration, grpc.RpcError):
            self._keep(_heard(self._server, self._method, tuple(self._messages), self._call))
            raise
        self._messages.append(message)
        return message

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


def _heard(server: Kind, method: str, messages: tuple[Message, ...], call: Any) -> Heard:
    trailers = dict(call.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers.get(_STATUS, b""))
    return Heard(
        server, method, messages, call.code().name, call.details() or "", tuple(sorted(trailers)), status
    )
