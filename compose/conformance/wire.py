"""Calls to the target, each within a limit of time and size; what was sent and received last is kept for the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from compose.conformance.outcomes import Failed
from compose.conformance.parties import Party
from federation.charter.model import Charter
from federation.errors import HutongError
from federation.transport.status import DOMAIN, error_of
from federation.transport.tls import CHANNEL_OPTIONS, channel
from federation.v1 import lookup_pb2
from federation.values.identity import Installation

M = TypeVar("M", bound=Message)
LOOKUP = "/federation.v1.LookupService/Lookup"
_DETAILS = "grpc-status-details-bin"


class Silent(Failed):
    """The target did not answer: it cannot be reached, hangs, or broke off."""


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """The target refused a call: its status, and the error that the details of the status describe."""

    code: grpc.StatusCode
    error: HutongError
    #: Whether the status has details of this contract.
    detailed: bool


class Wire:
    """Lines to one target; a context manager."""

    def __init__(self, endpoint: str, target: Installation, charter: Charter, *, call_s: float) -> None:
        self.endpoint, self.target, self._charter, self._call_s = endpoint, target, charter, call_s
        self._lines: dict[Path, grpc.Channel] = {}
        #: The bytes that were sent and received last.
        self.sent: bytes = b""
        self.received: bytes = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines.values():
            line.close()

    def line(self, party: Party) -> grpc.Channel:
        """Return the line on which `party` calls."""
        if party.certificate not in self._lines:
            self._lines[party.certificate] = channel(
                self.endpoint,
                server=self.target,
                charter=self._charter,
                certificate=party.certificate,
                key=party.key,
            )
        return self._lines[party.certificate]

    def anonymous(self) -> grpc.Channel:
        """Return a line on which the caller shows no certificate; the caller closes it."""
        entry = self._charter.installations[self.target]
        authority = self._charter.authorities[self._charter.members[self.target.member].authority]
        options = [*CHANNEL_OPTIONS, ("grpc.ssl_target_name_override", entry.dns)]
        return grpc.secure_channel(self.endpoint, grpc.ssl_channel_credentials(authority), options=options)

    def raw(self, line: grpc.Channel, method: str, request: bytes) -> bytes:
        """Send one message on a line of its own and return the first that comes; raises `Refusal` or `Silent`."""
        self.sent, self.received = request, b""
        rpc: Any = line.stream_stream(method, request_serializer=None, response_deserializer=None)
        stream: Any = rpc(iter([request]), timeout=self._call_s)
        try:
            for content in stream:
                self.received = content
                return self.received
        except grpc.RpcError as error:
            raise self._failure(error) from None
        finally:
            stream.cancel()
        raise Silent("the stream ended without an answer")

    def forget(self) -> None:
        """Forget what was sent and received."""
        self.sent = self.received = b""

    def call(self, method: str, request: Message | bytes, response: type[M], party: Party) -> M:
        """Return the response to a single call; raises `Refusal` or `Silent`."""
        self.sent = request if isinstance(request, bytes) else request.SerializeToString()
        rpc: Any = self.line(party).unary_unary(method, request_serializer=None, response_deserializer=None)
        try:
            self.received = rpc(self.sent, timeout=self._call_s)
        except grpc.RpcError as error:
            raise self._failure(error) from None
        return self.read(response, self.received)

    def lookup(
        self, requests: Sequence[lookup_pb2.LookupRequest | bytes], party: Party
    ) -> list[lookup_pb2.LookupResponse]:
        """Send pages on one stream and return the pages of answers, one for each; raises `Refusal` or `Silent`."""
        sent = [each if isinstance(each, bytes) else each.SerializeToString() for each in requests]
        self.sent, self.received = b"".join(sent), b""
        rpc: Any = self.line(party).stream_stream(LOOKUP, request_serializer=None, response_deserializer=None)
        stream: Any = rpc(iter(sent), timeout=self._call_s)
        pages: list[lookup_pb2.LookupResponse] = []
        try:
            for content in _at_most(stream, len(sent) + 1):
                self.received = content
                pages.append(self.read(lookup_pb2.LookupResponse, content))
        except grpc.RpcError as error:
            raise self._failure(error) from None
        finally:
            stream.cancel()
        if len(pages) != len(sent):
            raise Silent(f"{len(sent)} pages of questions, but {_count(len(pages), len(sent))} of answers")
        return pages

    def read(self, response: type[M], content: bytes) -> M:
        """Return what came as a message; raises `Failed`."""
        try:
            return response.FromString(content)
        except DecodeError:
            raise Failed(f"what came is no {response.DESCRIPTOR.name}") from None

    def _failure(self, error: grpc.RpcError) -> Exception:
        self.received = _bytes_of(error)
        code, detail = error.code(), error.details() or ""
        try:
            status = rpc_status.from_call(error)
            detailed = status is not None and _detailed(status)
        except ValueError:  # another status in the details than in the trailer
            return Failed(f"{code.name} with details that name another status")
        except DecodeError:
            return Failed(f"{code.name} with details that are no message of this contract")
        if status is None and code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return Silent(f"no answer within {self._call_s:g} s")
        if status is None and code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            return Silent(f"the line broke or was refused: {detail}")
        return Refusal(code, error_of(error), detailed)


def _detailed(status: Any) -> bool:
    """Say whether a status has the details of this contract: an ErrorInfo of its domain, with a reason."""
    info = error_details_pb2.ErrorInfo()
    unpacked = (info for detail in status.details if detail.Unpack(info))
    return any(each.domain == DOMAIN and each.reason for each in unpacked)


def _at_most(stream: Any, most: int) -> Iterator[bytes]:
    for number, content in enumerate(stream, start=1):
        yield content
        if number >= most:
            return


def _count(came: int, asked: int) -> str:
    return f"more than {asked}" if came > asked else str(came)


def _bytes_of(error: grpc.RpcError) -> bytes:
    trailers: Any = error.trailing_metadata() or ()
    details = next((value for key, value in trailers if key == _DETAILS), b"")
    return details if isinstance(details, bytes) else details.encode()
