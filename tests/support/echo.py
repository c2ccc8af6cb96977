"""A server with one unary and one streaming rpc of the contract, for tests of what lies around a call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from weakref import ref

import grpc

from federation.charter.trust import CharterTrust
from federation.errors import HutongError
from federation.transport import access
from federation.transport.call import Call
from federation.transport.layers import Layers, peer_of, recorded, restricted, status
from federation.transport.peer import PeerVerifier
from federation.transport.serving import Service, serving
from federation.transport.tls import Options
from federation.v1 import charter_pb2, charter_pb2_grpc, lookup_pb2, lookup_pb2_grpc
from federation.values import clock
from federation.values.identity import Installation

ASK = "/federation.v1.CharterService/GetCharter"
LOOKUP = "/federation.v1.LookupService/Lookup"


class Echo(charter_pb2_grpc.CharterServiceServicer, lookup_pb2_grpc.LookupServiceServicer):
    """Says who called; raises `error` when it is set."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.refused: list[tuple[str, Installation | None, str]] = []
        self.hold = threading.Event()
        self.hold.set()
        self.contexts: list[ref[grpc.ServicerContext]] = []
        self.arrived = 0

    def GetCharter(
        self, request: charter_pb2.GetCharterRequest, context: grpc.ServicerContext
    ) -> charter_pb2.GetCharterResponse:
        """Answer with the peer's name as digest."""
        self.arrived += 1
        self.hold.wait(60)
        if self.error is not None:
            raise self.error
        return charter_pb2.GetCharterResponse(digest=str(peer_of(context)))

    def Lookup(
        self, request_iterator: Iterator[lookup_pb2.LookupRequest], context: grpc.ServicerContext
    ) -> Iterator[lookup_pb2.LookupResponse]:
        """Answer each page with an empty page of the same number."""
        for request in request_iterator:
            if self.error is not None:
                raise self.error
            yield lookup_pb2.LookupResponse(page=request.page)

    @contextmanager
    def remember(self, call: Call) -> Iterator[None]:
        """Remember the call, weakly: the outermost layer, so that those turned away are remembered too."""
        self.contexts.append(ref(call.context))
        yield

    def refuse(self, method: str, peer: Installation | None, error: HutongError) -> None:
        """Remember a refusal, as a node's log would."""
        self.refused.append((method, peer, error.reason))


@contextmanager
def serving_echo(
    echo: Echo,
    trust: CharterTrust,
    certificate: Path,
    key: Path,
    *,
    own: Installation,
    streams: int = 4,
    options: Options = (),
    max_connection_age_s: float = 300.0,
    drain_s: float = 0.2,
    address: str = "127.0.0.1:0",
    now: Callable[[], datetime] = clock.now,
) -> Iterator[str]:
    """Serve `echo` as `own` and yield its endpoint; certificates are judged by `now`."""
    peers = PeerVerifier(trust, now)
    restriction = restricted(access.Access(access.NODE, own.member), peers)
    layers = Layers(echo.remember, status, recorded(echo.refuse), restriction)
    services = [
        Service.of(charter_pb2_grpc.add_CharterServiceServicer_to_server, echo),
        Service.of(lookup_pb2_grpc.add_LookupServiceServicer_to_server, echo),
    ]
    with serving(
        services,
        address=address,
        certificate=certificate,
        key=key,
        trust=trust,
        layers=layers,
        streams=streams,
        unary_workers=4,
        options=options,
        max_connection_age_s=max_connection_age_s,
        drain_s=drain_s,
        rotation_s=0.05,
    ) as port:
        yield f"127.0.0.1:{port}"
