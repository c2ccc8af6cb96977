"""What is wrong with documents that are not taken: by field and rule, whoever brings them (R62)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.charter.envelope import GATEWAY as TO_GATEWAY
from federation.client.documents import reference
from federation.errors import Exhausted, InvalidRequest, NotFound, PermissionDenied, Unauthenticated
from federation.notices.documents import describe
from federation.statements.methods import PUT_DOCUMENT
from federation.transport.status import understood
from federation.v1 import notice_pb2_grpc
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from tests.support.carrying import WHY, Fed, content_of, put_by_hand, refused, stream
from tests.support.documents import CHUNK, container, digest, pdf
from tests.support.notices import judgment
from tests.support.records import Someone
from tests.support.waiting import PATIENCE_S


def test_r62_what_another_member_sent_is_neither_seen_nor_spoilt(
    running_federation: Fed, tmp_path: Path
) -> None:
    court, prison, file = (
        running_federation.client("court"),
        running_federation.client("prison"),
        pdf(tmp_path),
    )
    court.documents.put(file)
    with pytest.raises(NotFound):
        prison.documents.path(digest(file))
    with pytest.raises(NotFound):
        prison.documents.get(digest(file), tmp_path / "out", reason=WHY)
    wrong = b"%PDF-" + os.urandom(file.stat().st_size - 5)
    chunks = [(o, wrong[o : o + CHUNK]) for o in range(0, len(wrong), CHUNK)]
    assert refused(prison, describe(file), *chunks) == {("sha256", "DIGEST")}
    heard: list[int] = []
    prison.documents.put(file, progress=heard.append)
    assert heard[0] == 0, "that the court has sent it is not told"
    court.documents.get(digest(file), tmp_path / "mine", reason=WHY)
    assert (tmp_path / "mine").read_bytes() == file.read_bytes()
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "link.part").symlink_to(tmp_path / "elsewhere")
    before = os.umask(0)
    try:
        court.documents.get(digest(file), tmp_path / "alone", reason=WHY)
        with pytest.raises(OSError, match="symbolic"):
            court.documents.get(digest(file), tmp_path / "link", reason=WHY)
    finally:
        os.umask(before)
    assert (tmp_path / "alone").stat().st_mode & 0o777 == 0o600, "whatever the umask of the program"
    assert not (tmp_path / "elsewhere").read_bytes()


DOCX = container("[Content_Types].xml", "word/document.xml")
BAD = [
    ("wrong digest", content_of(b"%PDF-x"), [(0, b"%PDF-y")], {("sha256", "DIGEST")}),
    ("too much", content_of(b"%PDF-x"), [(0, b"%PDF-xy")], {("chunk.data", "SIZE")}),
    ("too little", content_of(b"%PDF-x"), [], {("size", "SIZE")}),
    ("wrong offset", content_of(b"%PDF-x"), [(6, b"%PDF-x")], {("chunk.offset", "OFFSET")}),
    ("short chunk", content_of(b"%PDF-x"), [(0, b"%PDF")], {("chunk.data", "SIZE")}),
    ("empty chunk", content_of(b"%PDF-x"), [(0, b"")], {("chunk.data", "SIZE")}),
    ("not the type", content_of(b"MZ-prog"), [(0, b"MZ-prog")], {("media_type", "TYPE")}),
    ("no such type", content_of(b"GIF89a", "image/gif"), [(0, b"GIF89a")], {("media_type", "TYPE")}),
    ("no text", content_of(b"a\x00b", "text/plain"), [(0, b"a\x00b")], {("media_type", "TYPE")}),
    ("no UTF-8", content_of(b"a\xffb", "text/plain"), [(0, b"a\xffb")], {("media_type", "TYPE")}),
    ("no JSON", content_of(b"plain", "application/json"), [(0, b"plain")], {("media_type", "TYPE")}),
    ("a DOCX", content_of(DOCX, "application/ofd"), [(0, DOCX)], {("media_type", "TYPE")}),
    ("a PDF as text", content_of(b"\n%PDF-", "text/plain"), [(0, b"\n%PDF-")], {("media_type", "TYPE")}),
    (
        "everything",
        pb.DocumentContent(sha256=b"short", size=1 << 40, media_type="x"),
        [],
        {("sha256", "FORMAT"), ("size", "SIZE"), ("media_type", "TYPE")},
    ),
    ("empty", content_of(b""), [], {("size", "SIZE")}),
]


@pytest.mark.parametrize(("content", "chunks", "faults"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_r62_what_does_not_fit_is_refused_by_field_and_rule(
    running_federation: Fed,
    content: pb.DocumentContent,
    chunks: list[tuple[int, bytes]],
    faults: set[tuple[str, str]],
) -> None:
    assert refused(running_federation.client("county_justice"), content, *chunks) == faults


def test_r62_a_pdf_behind_a_line_break_and_an_ofd_are_taken(running_federation: Fed, tmp_path: Path) -> None:
    documents = running_federation.client("county_justice").documents
    scan = pdf(tmp_path)
    scan.write_bytes(b"\r\n" + scan.read_bytes())
    assert documents.put(scan).content.media_type == "application/pdf"
    ofd = tmp_path / "notice.ofd"
    ofd.write_bytes(container("OFD.xml", comment=os.urandom(8)))
    assert documents.put(ofd).content.media_type == "application/ofd"


def test_r62_an_endless_stream_ends_where_the_announced_size_does(running_federation: Fed) -> None:
    taken: list[int] = []

    def endless() -> Iterator[pb.DocumentChunk]:
        offset = 0
        while True:
            taken.append(offset)
            yield pb.DocumentChunk(offset=offset, data=b"%PDF-".ljust(CHUNK, b"x"))
            offset += CHUNK

    content = pb.DocumentContent(sha256=bytes(32), size=2 * CHUNK, media_type="application/pdf")
    with pytest.raises(InvalidRequest) as caught:
        put_by_hand(running_federation.client("prison"), content, endless())
    assert [v.rule for v in caught.value.violations] == ["DIGEST"]


def test_r62_a_field_of_ten_megabytes_is_refused(running_federation: Fed) -> None:
    content = pb.DocumentContent(sha256=os.urandom(32), size=20 << 20, media_type="application/pdf")
    chunk = pb.DocumentChunk(offset=0, data=b"%PDF-" + bytes(10 << 20))
    with pytest.raises((Exhausted, InvalidRequest)):
        put_by_hand(running_federation.client("prison"), content, [chunk])
    client = running_federation.client("prison")
    assert refused(client, content, (0, b"%PDF-" + bytes(1 << 20))) == {("request", "SIZE")}
    assert refused(client, content, (0, b"%PDF-" + bytes(CHUNK))) == {("chunk.data", "SIZE")}


def test_r62_a_stream_that_does_not_begin_with_an_envelope_is_refused(running_federation: Fed) -> None:
    client = running_federation.client("prison")
    for first in ([], [pb.PutDocumentRequest(content=content_of(b"%PDF-x"))]):
        with pytest.raises(InvalidRequest, match="envelope"):
            stream(client, first, [])
    with pytest.raises(Unauthenticated):
        stream(client, [pb.PutDocumentRequest(envelope=Envelope())], [])
    body = content_of(b"%PDF-once").SerializeToString()
    envelope = client.connection.statement(body, method=PUT_DOCUMENT, destination=TO_GATEWAY)
    with pytest.raises(InvalidRequest):
        stream(client, [pb.PutDocumentRequest(envelope=envelope)], [])
    with pytest.raises(Unauthenticated):
        stream(client, [pb.PutDocumentRequest(envelope=envelope)], [])


def test_r62_a_notice_that_names_a_known_content_otherwise_is_refused(
    running_federation: Fed, tmp_path: Path
) -> None:
    court, file = running_federation.client("court"), pdf(tmp_path, 60)
    court.documents.put(file)
    notice = judgment(Someone())
    notice.documents.append(reference(describe(file), ""))
    notice.documents[0].size = 61
    (receipt,) = court.notices.submit([notice])
    assert [(v.field, v.rule) for v in receipt.violations] == [("documents[0]", "R62")]
    other = describe(file)
    other.size = 61
    assert refused(court, other) == {("size", "SIZE")}


def test_r62_a_wrong_size_said_once_does_not_stand_in_the_way_of_the_right_one(
    running_federation: Fed, tmp_path: Path
) -> None:
    court, file = running_federation.client("court"), pdf(tmp_path, 60)
    wrong = describe(file)
    wrong.size = 59
    assert refused(court, wrong, (0, file.read_bytes())) == {("chunk.data", "SIZE")}
    assert court.documents.put(file).content == describe(file)


def test_r62_only_gateways_bring_documents_to_nodes_and_only_those_that_are_named(
    running_federation: Fed, tmp_path: Path
) -> None:
    police = running_federation.client("police")
    stub = notice_pb2_grpc.NoticeServiceStub(police.connection.channel_to(police.connection.node("police-1")))
    with pytest.raises(PermissionDenied), understood():
        list(
            stub.PutDocument(iter([pb.PutDocumentRequest(content=content_of(b"%PDF-x"))]), timeout=PATIENCE_S)
        )
    court = running_federation.client("court")
    with pytest.raises(PermissionDenied):
        court.documents.get(bytes(32), tmp_path / "out", reason=WHY, node="police-1")
    with pytest.raises(InvalidRequest) as caught:
        police.documents.get(bytes(32), tmp_path / "out", reason=" ", node="police-1")
    assert ("reason", "R2") in {(v.field, v.rule) for v in caught.value.violations}
