"""Client for sending, fetching and tracking documents; an interrupted transfer continues where it ended.

    with Client.open(Path("home/federation.json"), "court", officer="李法官") as client:
        receipt = client.documents.put(Path("判决书.pdf"))
        way = client.documents.path(receipt.content.sha256)

Every receipt is verified, and every content against its digest; errors are those of `federation.errors`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from federation.charter.envelope import GATEWAY
from federation.client.part import ClientPart
from federation.client.transferring import Progress, owners_alone, persisting, pieces, resumable
from federation.errors import Corrupt, Exhausted, NotFound, Unavailable
from federation.notices.document_receipts import DocumentCourse, read_receipt, read_way
from federation.notices.document_sending import DEADLINE_S, send_document
from federation.notices.documents import describe, limits
from federation.notices.sealed_reading import undertaken
from federation.statements.methods import (
    ATTACH_DOCUMENT,
    GET_DOCUMENT,
    LIST_ATTACHED,
    PUT_DOCUMENT,
    TRACK_NOTICES,
)
from federation.statements.undertaking import METHOD as UNDERTAKE
from federation.transport.status import understood
from federation.v1 import notice_pb2, notice_pb2_grpc, query_pb2, stored_document_pb2_grpc
from federation.v1 import stored_document_pb2 as pb
from federation.values import clock
from federation.values.identity import Role


def _nobody(have: int) -> None:
    """Ignore the progress."""


class Documents(ClientPart):
    """The documents of notices and records, as one officer handles them."""

    def put(self, file: Path, media_type: str = "", *, progress: Progress = _nobody) -> pb.DocumentReceipt:
        """Hand a document to the gateway and return its verified receipt; `progress` gets the count of bytes sent.

        After a broken connection the transfer is resumed. Raises `InvalidRequest`, `Exhausted`, `Unavailable`.
        """
        content = describe(file, media_type)
        return persisting(
            lambda report: self._put(file, content, report),
            progress,
            lambda error: resumable(error, NotFound),
        )

    def attach(
        self, file: Path, media_type: str = "", *, node: str, record_id: str, progress: Progress = _nobody
    ) -> pb.DocumentReceipt:
        """Keep a scan with an open record of this member's node; return the node's verified receipt.

        After a broken connection the transfer is resumed. Raises `NotFound` for any other record, and as `put` does.
        """
        content = describe(file, media_type)
        return persisting(
            lambda report: self._attach(file, content, node, record_id, report), progress, resumable
        )

    def attached(self, node: str, record_id: str) -> list[pb.AttachedDocument]:
        """Return the documents of an open record of this member's node; raises `NotFound` for any other record."""
        target = self._connection.node(node)
        body = pb.AttachedPage(record_id=record_id).SerializeToString()
        envelope = self._connection.statement(
            body, method=LIST_ATTACHED, destination=str(target.installation)
        )
        stub = stored_document_pb2_grpc.DocumentServiceStub(self._connection.channel_to(target))
        with understood():
            return list(stub.ListAttached(pb.ListAttachedRequest(envelope=envelope), timeout=60.0).documents)

    def _put(self, file: Path, content: pb.DocumentContent, progress: Progress) -> pb.DocumentReceipt:
        body = content.SerializeToString(deterministic=True)
        envelope = self._connection.statement(body, method=PUT_DOCUMENT, destination=GATEWAY)
        first = pb.PutDocumentRequest(envelope=envelope)
        signed = send_document(
            self._gateway().PutDocument,
            first,
            content.size,
            lambda offset: pieces(file, offset),
            progress=progress,
        )
        receipt = read_receipt(signed, self.charter, role=Role.INTERCONNECTS, now=clock.now())
        if receipt.content != content:
            raise Corrupt("the gateway acknowledged another document than was sent")
        return receipt

    def _attach(
        self, file: Path, content: pb.DocumentContent, node: str, record_id: str, progress: Progress
    ) -> pb.DocumentReceipt:
        target = self._connection.node(node)
        body = pb.Scan(record_id=record_id, content=content).SerializeToString(deterministic=True)
        envelope = self._connection.statement(
            body, method=ATTACH_DOCUMENT, destination=str(target.installation)
        )
        stub = stored_document_pb2_grpc.DocumentServiceStub(self._connection.channel_to(target))
        first = pb.AttachRequest(envelope=envelope)
        signed = send_document(
            stub.Attach, first, content.size, lambda offset: pieces(file, offset), progress=progress
        )
        receipt = read_receipt(signed, self.charter, role=Role.ANSWERS, now=clock.now())
        if receipt.content != content or receipt.installation != str(target.installation):
            raise Corrupt(f"{node} acknowledged another document than was sent")
        return receipt

    def get(
        self,
        sha256: bytes,
        out: Path,
        *,
        reason: str,
        node: str = "",
        case_number: str = "",
        undertaking: query_pb2.Undertaking | None = None,
        function: str = "",
        record_id: str = "",
        progress: Progress = _nobody,
    ) -> pb.DocumentContent:
        """Fetch a document of this member's node, or (without `node`) one it sent that is still under way.

        With `record_id` it is a scan that was kept with that record of the node, or another document of it.

        Writes to `out` with ".part" added, from where an earlier attempt ended, and renames when the digest matches.
        Raises `NotFound`, `NotPermitted`, `Corrupt` (then the fetched bytes are dropped).
        """
        part = out.with_name(out.name + ".part")
        wanted = pb.DocumentWanted(
            sha256=sha256,
            reason=reason,
            case_number=case_number,
            undertaking=undertaking,
            organ_function=function,
            record_id=record_id,
        )
        content = persisting(
            lambda report: self._get(wanted, part, node, report),
            progress,
            lambda error: isinstance(error, Unavailable | Exhausted),
        )
        with part.open("rb") as file:
            if hashlib.file_digest(file, "sha256").digest() != sha256:
                part.unlink()
                raise Corrupt("what came is not the document of that digest: fetch it again")
        part.rename(out)
        return content

    def _get(self, asked: pb.DocumentWanted, part: Path, node: str, progress: Progress) -> pb.DocumentContent:
        chunk = limits().chunk_bytes
        there = part.stat().st_size if part.exists() else 0
        # Request one piece again, so that a complete part leads to no request beyond the end.
        offset = max(0, there - 1) // chunk * chunk
        wanted = pb.DocumentWanted(offset=offset)
        wanted.MergeFrom(asked)
        if node:
            target = self._connection.node(node)
            stub = notice_pb2_grpc.NoticeServiceStub(self._connection.channel_to(target))
            destination = str(target.installation)
        else:
            stub, destination = self._gateway(), GATEWAY
        wanted = undertaken(
            wanted, lambda body: self._connection.statement(body, method=UNDERTAKE, destination=destination)
        )
        body = wanted.SerializeToString(deterministic=True)
        envelope = self._connection.statement(body, method=GET_DOCUMENT, destination=destination)
        content = None
        with understood(), open(part, "r+b" if there else "wb", opener=owners_alone) as file:
            file.truncate(offset)
            file.seek(offset)
            request = pb.GetDocumentRequest(envelope=envelope)
            for response in stub.GetDocument(request, timeout=DEADLINE_S):
                if response.WhichOneof("part") == "content":
                    content = response.content
                elif content is None or file.tell() + len(response.chunk.data) > content.size:
                    raise Corrupt("the server sent more than the document")
                else:
                    file.write(response.chunk.data)
                    progress(file.tell())
            if content is None or file.tell() < content.size:
                raise Unavailable("the server ended before the document did: fetch it again, it goes on")
        return content

    def path(self, sha256: bytes) -> DocumentCourse:
        """Return the course of a document of this member, every receipt verified; raises `NotFound`."""
        body = notice_pb2.NoticeList(documents=[sha256]).SerializeToString(deterministic=True)
        envelope = self._connection.statement(body, method=TRACK_NOTICES, destination=GATEWAY)
        with understood():
            response = self._gateway().Track(notice_pb2.TrackRequest(envelope=envelope), timeout=60.0)
        if [path.content.sha256 for path in response.documents] != [sha256]:
            raise Corrupt("the gateway showed other documents than were asked for")
        return read_way(response.documents[0], self.charter, now=clock.now())

    def _gateway(self) -> notice_pb2_grpc.NoticeServiceStub:
        return notice_pb2_grpc.NoticeServiceStub(self._connection.channel_to(self.charter.gateways[0]))


def reference(content: pb.DocumentContent, title: str) -> notice_pb2.DocumentReference:
    """Return the reference by which a notice names a document."""
    return notice_pb2.DocumentReference(
        sha256=content.sha256, size=content.size, media_type=content.media_type, title=title
    )
