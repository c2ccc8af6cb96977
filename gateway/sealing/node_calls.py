"""This gateway's signed calls to nodes about seals, over one kept connection to each node."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from federation.charter.envelope import Signer, make_statement
from federation.charter.model import Charter, InstallationState, Node
from federation.errors import HutongError, Unavailable
from federation.statements.methods import ACKNOWLEDGE, LIST_SPREADING, PROPOSE
from federation.transport.status import understood
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from server.kept_channel import Connect, KeptChannel

OFFICER = "gateway"
T = TypeVar("T")


class NodeCalls:
    """Calls nodes; used from any thread. The caller verifies the node's answer."""

    def __init__(
        self, *, signer: Signer, charter: Callable[[], Charter], connect: Connect, now: Callable[[], datetime]
    ) -> None:
        self._signer = signer
        self._charter = charter
        self._connect = connect
        self._now = now
        self._lock = threading.Lock()
        self._lines: dict[str, KeptChannel] = {}

    def propose(
        self, node: Node, page: sealing_pb2.SealingProposalPage, *, timeout: float
    ) -> sealing_pb2.ProposeResponse:
        """Deliver proposals; raises a `HutongError` when the node does not accept them within `timeout` seconds."""
        return self._call(
            node,
            PROPOSE,
            page,
            lambda stub, envelope: stub.Propose(
                sealing_pb2.ProposeRequest(envelope=envelope), timeout=timeout
            ),
        )

    def acknowledge(self, node: Node, page: sealing_pb2.AcknowledgementPage, *, timeout: float) -> None:
        """Deliver acknowledgements to the node that proposed; raises a `HutongError`."""
        self._call(
            node,
            ACKNOWLEDGE,
            page,
            lambda stub, envelope: stub.Acknowledge(
                sealing_pb2.AcknowledgeRequest(envelope=envelope), timeout=timeout
            ),
        )

    def list_spreading(
        self, node: Node, query: sealing_pb2.SpreadingQuery, *, timeout: float
    ) -> sealing_pb2.ListSpreadingResponse:
        """Return a page of the proposals of `node` that are still spreading; raises a `HutongError`."""
        return self._call(
            node,
            LIST_SPREADING,
            query,
            lambda stub, envelope: stub.ListSpreading(
                sealing_pb2.ListSpreadingRequest(envelope=envelope), timeout=timeout
            ),
        )

    def close(self) -> None:
        """Hang up everywhere."""
        with self._lock:
            lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            line.close()

    def _call(
        self,
        node: Node,
        method: str,
        body: Message,
        send: Callable[[sealing_pb2_grpc.SealingServiceStub, Envelope], T],
    ) -> T:
        charter = self._charter()
        entry = charter.installations.get(node.installation)
        if entry is None or entry.state is not InstallationState.ACTIVE:
            raise Unavailable(f"{node.name} is not active in the charter", reason="INSTALLATION_NOT_ACTIVE")
        envelope = make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=method,
            destination=str(node.installation),
            officer=OFFICER,
            body=body.SerializeToString(),
            charter_version=charter.version,
            now=self._now(),
        )
        channel = self._line(node, charter)
        try:
            with understood():
                return send(sealing_pb2_grpc.SealingServiceStub(channel), envelope)
        except HutongError:
            self._leave(node, channel)
            raise

    def _line(self, node: Node, charter: Charter) -> grpc.Channel:
        with self._lock:
            return self._lines.setdefault(node.name, KeptChannel(self._connect)).to(node, charter)

    def _leave(self, node: Node, channel: grpc.Channel) -> None:
        """Use a new connection next time; calls of other threads on the old one end by themselves."""
        with self._lock:
            if node.name in self._lines:
                self._lines[node.name].leave(channel)
