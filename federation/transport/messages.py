"""The messages of a call: admitted, short enough, given room in memory, and only then parsed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from federation.errors import InvalidRequest
from federation.transport.call import Call
from federation.transport.limits import insist_request_fits, insist_response_fits

#: Seconds that a request waits until requests in progress leave room for it.
ROOM_S = 10.0


def read_messages(
    requests: Iterator[bytes], call: Call, handler: grpc.RpcMethodHandler[Any, Any]
) -> Generator[Any, None, None]:
    """Yield the caller's messages, parsed, each checked first; close the stream when work on them ends."""
    for number, raw in enumerate(requests):
        if call.held is not None:
            call.held.arrived = True
        if number:
            for check in call.each_message:
                check(call)
        insist_request_fits(call.method, len(raw), call.request_bytes)
        with _room(call, len(raw)):
            message = _parsed(raw, handler)
            del raw
            yield message


def _room(call: Call, size: int) -> AbstractContextManager[None]:
    if call.budget is None or call.peer is None:
        return nullcontext()
    return call.budget.spent(call.peer, size, within_s=ROOM_S)


def _parsed(raw: bytes, handler: grpc.RpcMethodHandler[Any, Any]) -> Any:
    if handler.request_deserializer is None:
        return raw
    try:
        return handler.request_deserializer(raw)
    except DecodeError:
        raise InvalidRequest.of("request", "FORMAT", "is not a message of this rpc") from None


def argument_of(messages: Iterator[Any], call: Call, handler: grpc.RpcMethodHandler[Any, Any]) -> Any:
    """Return the argument of the handler: the stream of messages, or the single one."""
    if handler.request_streaming:
        return messages
    for message in messages:
        return message
    raise InvalidRequest.of("request", "REQUIRED", f"{call.method} takes one message, and none came")


def sendable(response: Any, call: Call, handler: grpc.RpcMethodHandler[Any, Any]) -> bytes:
    """Return a response as bytes; raises `Exhausted` where it is longer than a message may be."""
    raw: bytes = response if handler.response_serializer is None else handler.response_serializer(response)
    insist_response_fits(call.method, len(raw))
    return raw
