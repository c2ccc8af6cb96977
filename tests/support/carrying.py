"""Documents of notices as a test hands them in, fetches them and follows them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from compose.local.layout import node_installation
from federation.charter.envelope import GATEWAY as TO_GATEWAY
from federation.client import Client
from federation.errors import InvalidRequest, NotFound
from federation.statements.methods import PUT_DOCUMENT
from federation.transport.status import understood
from federation.v1 import notice_pb2, notice_pb2_grpc, query_pb2
from federation.v1 import stored_document_pb2 as pb
from tests.support.documents import digest, naming, released
from tests.support.local import LocalFederation
from tests.support.notices import sent
from tests.support.waiting import PATIENCE_S

Fed = LocalFederation
WHY = "核对判决书原文"
UNDERTAKING = query_pb2.Undertaking(
    signed_by="王警官", text="保密承诺书", reason="办案需要", scope="仅用于本案"
)
CASE = "(2026)京0105刑初1号"
POLICE = node_installation("police")


def put_by_hand(
    client: Client,
    content: pb.DocumentContent,
    chunks: Sequence[pb.DocumentChunk] | Iterator[pb.DocumentChunk],
) -> list[pb.PutDocumentResponse]:
    """Upload as no client of ours would."""
    body = content.SerializeToString(deterministic=True)
    envelope = client.connection.statement(body, method=PUT_DOCUMENT, destination=TO_GATEWAY)
    return stream(client, [pb.PutDocumentRequest(envelope=envelope)], chunks)


def stream(
    client: Client,
    first: Sequence[pb.PutDocumentRequest],
    chunks: Sequence[pb.DocumentChunk] | Iterator[pb.DocumentChunk],
) -> list[pb.PutDocumentResponse]:
    def requests() -> Iterator[pb.PutDocumentRequest]:
        yield from first
        for chunk in chunks:
            yield pb.PutDocumentRequest(chunk=chunk)

    stub = notice_pb2_grpc.NoticeServiceStub(client.connection.channel_to(client.charter.gateways[0]))
    with understood():
        return list(stub.PutDocument(requests(), timeout=PATIENCE_S))


def refused(client: Client, content: pb.DocumentContent, *chunks: tuple[int, bytes]) -> set[tuple[str, str]]:
    """Return (field, rule) of an upload that must be refused, each with what to do."""
    with pytest.raises(InvalidRequest) as caught:
        put_by_hand(client, content, [pb.DocumentChunk(offset=o, data=d) for o, d in chunks])
    assert all(v.message for v in caught.value.violations)
    return {(v.field, v.rule) for v in caught.value.violations}


def content_of(data: bytes, media_type: str = "application/pdf") -> pb.DocumentContent:
    return pb.DocumentContent(sha256=hashlib.sha256(data).digest(), size=len(data), media_type=media_type)


def fetch(fed: Fed, agency: str, node: str, sha256: bytes, out: Path, **options: object) -> bytes:
    """Return a document as an officer of the agency reads it."""
    documents = fed.client(agency).documents
    documents.get(sha256, out, reason=WHY, node=node, **options)  # type: ignore[arg-type]
    data = out.read_bytes()
    out.unlink()
    return data


def with_document(fed: Fed, notice: notice_pb2.Notice, file: Path, sender: str = "court") -> str:
    """Send a notice with its document; return the record that the police node registered."""
    client = fed.client(sender)
    client.documents.put(file)
    (tracked,) = sent(client, naming(notice, file))
    released(client, digest(file))
    return next(r.record_id for who, r in tracked.stages if who == str(POLICE))


def insist_closed(fed: Fed, sha256: bytes, out: Path) -> None:
    """Without sealed access it is as if it were unknown."""
    reasons = []
    for wanted in (sha256, hashlib.sha256(os.urandom(9)).digest()):
        with pytest.raises(NotFound) as caught:
            fetch(fed, "police", "police-1", wanted, out)
        reasons.append((caught.value.message, caught.value.reason, caught.value.metadata))
    assert reasons[0] == reasons[1]
