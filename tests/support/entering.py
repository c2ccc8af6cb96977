"""Pages of records for a node, as a window signs them by hand."""

from __future__ import annotations

import grpc

from compose.local.layout import node_installation
from federation.client import Client
from federation.statements.methods import ENTER_MANY
from federation.transport.status import error_of
from federation.transport.tls import channel
from federation.v1 import record_pb2, registry_pb2, registry_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation
from tests.support.local import LocalFederation
from tests.support.waiting import PATIENCE_S

NODE = node_installation("police")


def connect(federation: LocalFederation, who: Installation, to: Installation) -> grpc.Channel:
    folder, charter = federation.layout.folder(who), federation.charter()
    [endpoint] = [n.endpoint for n in charter.nodes if n.installation == to]
    return channel(
        endpoint, server=to, charter=charter, certificate=folder / "tls.pem", key=folder / "tls.key"
    )


def page(client: Client, *records: record_pb2.Record, method: str = ENTER_MANY) -> Envelope:
    body = registry_pb2.EntryPage(records=records).SerializeToString(deterministic=True)
    return client.connection.statement(body, method=method, destination=str(NODE))


def enter(line: grpc.Channel, envelope: Envelope) -> registry_pb2.Receipt:
    stub = registry_pb2_grpc.RegistryServiceStub(line)
    with translated():
        return stub.Enter(registry_pb2.EnterRequest(envelope=envelope), timeout=PATIENCE_S).receipt


class translated:  # reads as a sentence
    """Raise what the server raised."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, grpc.RpcError):
            raise error_of(error) from error


def kinds(federation: LocalFederation, record_id: str) -> list[object]:
    return [e["kind"] for e in federation.node_entries("police") if e.get("record") == record_id]
