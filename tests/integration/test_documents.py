"""Documents of notices: handed in, carried, read, followed; and what is wrong with those that are not (R62)."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from compose.local.layout import GATEWAY, node_installation
from federation.charter.envelope import GATEWAY as TO_GATEWAY
from federation.client import Client
from federation.client.documents import reference
from federation.errors import (
    Exhausted,
    HutongError,
    InvalidRequest,
    NotFound,
    NotPermitted,
    PermissionDenied,
    Unauthenticated,
)
from federation.notices.document_receipts import DocumentCourse
from federation.notices.documents import describe
from federation.notices.sealed_reading import undertaken
from federation.statements.methods import GET_DOCUMENT, PUT_DOCUMENT
from federation.statements.undertaking import METHOD as UNDERTAKE
from federation.transport.status import understood
from federation.v1 import notice_pb2, notice_pb2_grpc, query_pb2, registry_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.v1.parked_pb2 import ParkedItem
from tests.support.documents import CHUNK, container, digest, naming, pdf, released, way_when
from tests.support.local import LocalFederation
from tests.support.notices import judgment, release, sent, settled
from tests.support.records import MINOR, Someone, record
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


def test_r62_a_document_goes_with_its_notice_to_every_holder_and_shows_its_way(
    running_federation: Fed, tmp_path: Path
) -> None:
    court, file = running_federation.client("court"), pdf(tmp_path)
    receipt = court.documents.put(file)
    assert (receipt.installation, receipt.content.sha256) == (str(GATEWAY), digest(file))
    (tracked,) = sent(court, naming(judgment(Someone()), file))
    way = released(court, digest(file))
    who = [(step.installation, pb.DocumentStage.Name(step.stage)[15:]) for step in way.steps]
    assert who[0] == (str(GATEWAY), "HELD")
    assert who[-1] == (str(GATEWAY), "RELEASED")
    holders = {who.rpartition("/")[2] for who, _ in tracked.stages[1:]}
    assert {name.rpartition("/")[2] for name, stage in who[1:-1] if stage == "HELD"} == holders
    assert list(way.notices) == [tracked.notice]
    assert [step.at for step in way.steps] == sorted(step.at for step in way.steps)
    for agency, node in (("police", "police-1"), ("procuratorate", "procuratorate-1")):
        assert fetch(running_federation, agency, node, digest(file), tmp_path / "out") == file.read_bytes()
    entries = running_federation.node_entries("police")
    received = [e for e in entries if e["kind"] == "document_received"]
    assert [e["size"] for e in received if e["document"] == digest(file).hex()] == [file.stat().st_size]


def test_r62_a_notice_registers_while_its_document_is_still_to_come(
    running_federation: Fed, tmp_path: Path
) -> None:
    court, file = running_federation.client("court"), pdf(tmp_path, 40)
    (tracked,) = sent(court, naming(judgment(Someone()), file))
    assert tracked.stages[-1][1].stage == notice_pb2.NOTICE_STAGE_REGISTERED
    way = court.documents.path(digest(file))
    assert way.state == pb.DOCUMENT_STATE_ANNOUNCED
    assert {c.state for c in way.carriages} == {pb.CARRIAGE_STATE_WAITING}
    with pytest.raises(NotFound):
        fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out")
    court.documents.put(file)
    released(court, digest(file))
    assert (
        fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out") == file.read_bytes()
    )


def test_r62_an_upload_goes_on_where_it_broke_off_and_the_same_again_is_there_already(
    running_federation: Fed, tmp_path: Path
) -> None:
    court, file = running_federation.client("court"), pdf(tmp_path)
    data, content = file.read_bytes(), describe(file)
    first = [pb.DocumentChunk(offset=n * CHUNK, data=data[n * CHUNK :][:CHUNK]) for n in range(2)]
    with pytest.raises(InvalidRequest, match="go on from there"):
        put_by_hand(court, content, first)
    heard: list[int] = []
    receipt = court.documents.put(file, progress=heard.append)
    assert heard[0] == 2 * CHUNK
    again = court.documents.put(file, progress=heard.append)
    assert heard[-1] == len(data)
    assert again == receipt


def test_r62_two_uploads_of_one_document_at_once_both_end_with_the_receipt(
    running_federation: Fed, tmp_path: Path
) -> None:
    file = pdf(tmp_path, 20 * CHUNK)
    receipts: list[pb.DocumentReceipt] = []

    def upload() -> None:
        with running_federation.fresh_client("court") as client:
            receipts.append(client.documents.put(file))

    threads = [threading.Thread(target=upload) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [r.content.sha256 for r in receipts] == [digest(file)] * 3
    assert running_federation.client("court").documents.path(digest(file)).state == pb.DOCUMENT_STATE_HELD


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


def test_r62_reading_is_on_the_log_with_its_reason(running_federation: Fed, tmp_path: Path) -> None:
    court, file = running_federation.client("court"), pdf(tmp_path, 50)
    court.documents.put(file)
    sent(court, naming(judgment(Someone()), file))
    released(court, digest(file))
    fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out")
    (entry,) = [
        e
        for e in running_federation.node_entries("police")
        if e["kind"] == "document_shown" and e["document"] == digest(file).hex()
    ]
    assert (entry["reason"], entry["officer"], entry["shown"]) == (WHY, "王警官", 1)


def test_r62_a_fetch_goes_on_where_it_broke_off(running_federation: Fed, tmp_path: Path) -> None:
    court, file = running_federation.client("court"), pdf(tmp_path)
    court.documents.put(file)
    sent(court, naming(judgment(Someone()), file))
    released(court, digest(file))
    part = tmp_path / "out.part"
    for there in (file.read_bytes()[: CHUNK + 9], file.read_bytes()):
        part.write_bytes(there)
        assert (
            fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out")
            == file.read_bytes()
        )
    part.write_bytes(bytes(2 * CHUNK))
    with pytest.raises(HutongError, match="not the document"):
        fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out")
    assert not part.exists()


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


def test_r39_a_document_of_a_sealed_record_needs_sealed_access(
    running_federation: Fed, tmp_path: Path
) -> None:
    file = pdf(tmp_path, CHUNK + 5)
    with_document(running_federation, judgment(Someone(born=MINOR)), file)
    insist_closed(running_federation, digest(file), tmp_path / "out")
    with pytest.raises(NotPermitted):
        fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out", case_number=CASE)
    data = fetch(
        running_federation,
        "police",
        "police-1",
        digest(file),
        tmp_path / "out",
        case_number=CASE,
        undertaking=UNDERTAKING,
    )
    assert data == file.read_bytes()
    entries = running_federation.node_entries("police")
    accessed = [e for e in entries if e["kind"] == "sealed_access"]
    assert any(e.get("document") == digest(file).hex() and e["case"] == CASE for e in accessed)
    assert any(e["kind"] == "undertaken" and e["scope"] == "仅用于本案" for e in entries)


def test_r44_an_undertaking_is_signed_for_one_reading_and_good_once(running_federation: Fed) -> None:
    police = running_federation.client("police")
    node = str(police.connection.node("police-1").installation)
    stub = notice_pb2_grpc.NoticeServiceStub(police.connection.channel_to(police.connection.node("police-1")))

    def read(wanted: pb.DocumentWanted) -> None:
        envelope = police.connection.statement(
            wanted.SerializeToString(), method=GET_DOCUMENT, destination=node
        )
        with understood():
            list(stub.GetDocument(pb.GetDocumentRequest(envelope=envelope), timeout=PATIENCE_S))

    bare = pb.DocumentWanted(sha256=os.urandom(32), reason=WHY, case_number=CASE, undertaking=UNDERTAKING)
    signed = undertaken(
        bare, lambda body: police.connection.statement(body, method=UNDERTAKE, destination=node)
    )
    with pytest.raises(NotFound):
        read(signed)
    with pytest.raises(Unauthenticated, match="used before"):
        read(signed)
    other = pb.DocumentWanted()
    other.CopyFrom(signed)
    other.sha256 = os.urandom(32)
    for wrong in (bare, other):
        with pytest.raises(InvalidRequest) as caught:
            read(wrong)
        assert [(v.field, v.rule) for v in caught.value.violations] == [("undertaking.statement", "R44")]
    bare.undertaking.scope = ""
    with pytest.raises(InvalidRequest, match="used for"):
        read(bare)


def test_r40_a_record_that_is_sealed_by_a_correction_takes_its_document_along(
    running_federation: Fed, tmp_path: Path
) -> None:
    someone, file = Someone(), pdf(tmp_path, 90)
    record_id = with_document(running_federation, judgment(someone), file)
    assert (
        fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out") == file.read_bytes()
    )
    made = running_federation.client("police").register.show("police-1", record_id).record
    minor = Someone(born=MINOR)
    made.person.birth_date = minor.born.isoformat()
    made.person.identifiers[0].number = minor.number
    running_federation.amend("police", record_id, 1, made)
    insist_closed(running_federation, digest(file), tmp_path / "out")
    made.person.birth_date = someone.born.isoformat()
    made.person.identifiers[0].number = someone.number
    running_federation.amend("police", record_id, 2, made)
    assert (
        fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out") == file.read_bytes()
    )


def test_r40_a_document_of_several_records_is_closed_when_one_of_them_is_sealed(
    running_federation: Fed, tmp_path: Path
) -> None:
    file = pdf(tmp_path, 120)
    with_document(running_federation, judgment(Someone()), file)
    assert (
        fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out") == file.read_bytes()
    )
    with_document(running_federation, judgment(Someone()), file)
    assert (
        fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out") == file.read_bytes()
    )
    with_document(running_federation, judgment(Someone(born=MINOR)), file)
    insist_closed(running_federation, digest(file), tmp_path / "out")
    options = {"case_number": CASE, "undertaking": UNDERTAKING}
    data = fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out", **options)
    assert data == file.read_bytes()


def test_r24_a_document_of_a_withdrawn_record_is_closed_to_everybody(
    running_federation: Fed, tmp_path: Path
) -> None:
    file = pdf(tmp_path, 77)
    record_id = with_document(running_federation, judgment(Someone()), file)
    withdrawal = registry_pb2.Withdrawal(record_id=record_id, expected_version=1, reason="登记错误")
    running_federation.client("police").register.withdraw("police-1", withdrawal)
    insist_closed(running_federation, digest(file), tmp_path / "out")
    with pytest.raises(NotFound):
        fetch(
            running_federation,
            "police",
            "police-1",
            digest(file),
            tmp_path / "out",
            case_number=CASE,
            undertaking=UNDERTAKING,
        )


def test_r31_a_document_of_a_notice_that_waits_belongs_to_what_the_officer_decides(
    running_federation: Fed, tmp_path: Path
) -> None:
    prison, file, someone = running_federation.client("prison"), pdf(tmp_path, 99), Someone()
    prison.documents.put(file)
    (receipt,) = prison.notices.submit([naming(release(judgment(someone)), file)])
    settled(prison, [receipt.notice])
    way_when(prison, digest(file), lambda way: pb.CARRIAGE_STATE_CARRIED in {c.state for c in way.carriages})
    insist_closed(running_federation, digest(file), tmp_path / "out")
    entered = running_federation.enter("police", record(someone, "police"))
    running_federation.client("police").notices.decide(
        "police-1",
        notice_pb2.Decision(
            notice=receipt.notice,
            kind=notice_pb2.DECISION_KIND_APPLY,
            record_id=entered.record_id,
            reason="姓名与身份证号一致",
        ),
    )
    way_when(
        prison,
        digest(file),
        lambda way: {c.state for c in way.carriages if c.node == "police-1"} == {pb.CARRIAGE_STATE_CARRIED},
    )
    assert (
        fetch(running_federation, "police", "police-1", digest(file), tmp_path / "out") == file.read_bytes()
    )


def test_r31_a_document_of_a_notice_that_an_officer_refuses_is_dropped(
    running_federation: Fed, tmp_path: Path
) -> None:
    folder = running_federation.layout.server(POLICE) / "documents"
    before = {p.name for p in folder.iterdir()}
    prison, file = running_federation.client("prison"), pdf(tmp_path, 98)
    prison.documents.put(file)
    (receipt,) = prison.notices.submit([naming(release(judgment(Someone())), file)])
    settled(prison, [receipt.notice])

    def at_police(way: DocumentCourse) -> bool:
        return pb.CARRIAGE_STATE_CARRIED in {c.state for c in way.carriages if c.node == "police-1"}

    way_when(prison, digest(file), at_police)
    new = {p.name for p in folder.iterdir()} - before
    assert new
    refusal = notice_pb2.Decision(
        notice=receipt.notice, kind=notice_pb2.DECISION_KIND_REFUSE, reason="查无此人"
    )
    running_federation.client("police").notices.decide("police-1", refusal)
    assert not new & {p.name for p in folder.iterdir()}
    insist_closed(running_federation, digest(file), tmp_path / "out")


def test_a_document_that_is_parked_is_carried_when_the_gateways_officer_says_so(
    running_federation: Fed, tmp_path: Path
) -> None:
    court, operator = running_federation.client("court"), running_federation.client("interconnect")
    file = pdf(tmp_path)
    (tracked,) = sent(court, naming(judgment(Someone()), file))
    way_when(court, digest(file), lambda way: len(way.carriages) == 3)
    store = running_federation.layout.server(GATEWAY) / "store.db"
    with closing(sqlite3.connect(store, timeout=30)) as connection, connection:  # as six refusals leave it
        connection.execute(
            "UPDATE carriage SET state = ?, reason = 'TYPE' WHERE node = 'police-1' AND state = ?",
            (pb.CARRIAGE_STATE_PARKED, pb.CARRIAGE_STATE_WAITING),
        )
    court.documents.put(file)
    items, _ = operator.notices.parked("police-1")
    (item,) = [i for i in items if i.document == digest(file)]
    assert (item.sender, item.reason) == ("court", "TYPE")
    with pytest.raises(PermissionDenied):
        court.notices.parked()
    with pytest.raises(NotFound):
        operator.notices.deliver_again(
            [ParkedItem(node="police-1", sender="prison", document=item.document)], "误"
        )
    with pytest.raises(InvalidRequest, match="SHA-256"):
        operator.notices.deliver_again([ParkedItem(node="police-1")], "误")
    assert item in operator.notices.deliver_again(items, "类型表已更新")
    way = released(court, digest(file))
    assert {c.node for c in way.carriages} == {"police-1", "procuratorate-1", "justice-1"}
    assert operator.notices.deliver_again([item], "再试") == []
    kinds = Counter(e["kind"] for e in running_federation.gateway_entries())
    assert kinds["parked_again"] >= 2
    assert kinds["parked_shown"] >= 1
    assert tracked.notice in way.notices
