"""A peer may send any bytes as the details of its status: the caller gets an error of this tree, never another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from federation.errors import HutongError, NotFound
from federation.transport.status import error_of

_DETAILS = "grpc-status-details-bin"
_METHOD = "/federation.v1.QueryService/Ask"
_NOT_FOUND = grpc.StatusCode.NOT_FOUND.value[0]


def status(*details: any_pb2.Any, code: int = _NOT_FOUND, message: str = "none") -> bytes:
    return bytes(status_pb2.Status(code=code, message=message, details=details).SerializeToString())


def info(metadata: Mapping[str, str]) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(error_details_pb2.ErrorInfo(reason="NOT_FOUND", domain="hutong", metadata=metadata))
    return packed


UNREADABLE = {
    "no status": b"\xff\xff\xff",
    "no message in a detail": status(
        any_pb2.Any(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff\xff")
    ),
    "another code": status(code=3),
    "another sentence": status(message="another"),
}


@pytest.fixture
def said() -> Iterator[Any]:
    """Yield a function that returns the error of a call whose peer sends these bytes as details."""
    sends = {"details": b""}

    def refuse(_: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata(((_DETAILS, sends["details"]),))
        context.abort(grpc.StatusCode.NOT_FOUND, "none")
        raise AssertionError("abort returns never")

    class Peer(grpc.GenericRpcHandler):
        def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
            return grpc.unary_unary_rpc_method_handler(refuse)

    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    server.add_generic_rpc_handlers((Peer(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call: Any = channel.unary_unary(_METHOD, request_serializer=None, response_deserializer=None)

            def error(details: bytes) -> HutongError:
                sends["details"] = details
                with pytest.raises(grpc.RpcError) as caught:
                    call(b"", timeout=30)
                return error_of(caught.value)

            yield error
    finally:
        server.stop(None).wait()


@pytest.mark.parametrize("details", UNREADABLE.values(), ids=UNREADABLE)
def test_details_that_cannot_be_read_count_as_none(said: Any, details: bytes) -> None:
    assert (type(said(details)), said(details).reason) == (HutongError, "NOT_FOUND")


@pytest.mark.parametrize("name", ["self", "message", "reason", "retry_after_s"])
def test_names_of_our_own_parameters_in_the_metadata_are_only_metadata(said: Any, name: str) -> None:
    for known in ("NotFound", "Exhausted"):
        error = said(status(info({"error": known, name: "x"})))
        assert type(error).__name__ == known
        assert (error.message, error.reason, error.metadata) == ("none", "NOT_FOUND", {name: "x"})
    assert isinstance(said(status(info({"error": "NotFound"}))), NotFound)
