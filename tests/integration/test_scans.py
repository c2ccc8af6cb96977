"""An agency's own scans are kept with records of its node, and share their sealing."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from federation.errors import InvalidRequest, NotFound, PermissionDenied
from federation.notices.documents import describe
from federation.statements.methods import ATTACH_DOCUMENT
from federation.transport.status import understood
from federation.v1 import query_pb2, record_pb2, sealing_pb2, stored_document_pb2_grpc
from federation.v1 import stored_document_pb2 as pb
from tests.support.documents import CHUNK, container, digest, pdf
from tests.support.local import LocalFederation
from tests.support.records import MINOR, Someone, record

NODE = "police-1"
WHY = "核对原件"
CASE = "(2026)京0105刑初1号"
UNDERTAKING = query_pb2.Undertaking(
    signed_by="王警官", text="保密承诺书", reason="办案需要", scope="仅用于本案"
)
Fed = LocalFederation
NOTICE = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_NOTICE,
    reference="封存通知书1号",
    issuer="某区人民法院",
    issued_on="2025-01-02",
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def fetched(fed: Fed, file: Path, record_id: str, out: Path, *, sealed: bool = False) -> bytes:
    if sealed:
        fed.client("police").documents.get(
            digest(file),
            out,
            reason=WHY,
            node=NODE,
            record_id=record_id,
            case_number=CASE,
            undertaking=UNDERTAKING,
        )
    else:
        fed.client("police").documents.get(digest(file), out, reason=WHY, node=NODE, record_id=record_id)
    data = out.read_bytes()
    out.unlink()
    return data


def test_r62_an_agency_keeps_its_own_scan_with_its_record(running_federation: Fed, tmp_path: Path) -> None:
    documents, file = running_federation.client("police").documents, pdf(tmp_path)
    record_id = running_federation.enter("police", record(Someone(), "police")).record_id
    assert documents.attached(NODE, record_id) == []
    receipt = documents.attach(file, node=NODE, record_id=record_id)
    assert receipt.content == describe(file)
    again = documents.attach(file, node=NODE, record_id=record_id)
    assert (again.at, again.log_entry) == (receipt.at, receipt.log_entry), "kept once"
    (listed,) = documents.attached(NODE, record_id)
    assert (listed.content, listed.arrived_at) == (receipt.content, receipt.at)
    assert fetched(running_federation, file, record_id, tmp_path / "out") == file.read_bytes()
    entries = running_federation.node_entries("police")
    kept = [e for e in entries if e["kind"] == "document_attached" and e["record"] == record_id]
    assert {(e["officer"], e["document"]) for e in kept} == {("王警官", digest(file).hex())}


def test_r62_a_scan_is_found_with_its_own_record_only(running_federation: Fed, tmp_path: Path) -> None:
    documents, file = running_federation.client("police").documents, pdf(tmp_path)
    mine, other = (
        running_federation.enter("police", record(Someone(), "police")).record_id for _ in range(2)
    )
    documents.attach(file, node=NODE, record_id=mine)
    for record_id in (other, ""):
        with pytest.raises(NotFound):
            fetched(running_federation, file, record_id, tmp_path / "out")
    assert documents.attached(NODE, other) == []


def test_r62_a_scan_is_sealed_and_opened_with_its_record(running_federation: Fed, tmp_path: Path) -> None:
    police, file = running_federation.client("police"), pdf(tmp_path, CHUNK + 5)
    receipt = running_federation.enter("police", record(Someone(), "police"))
    record_id = receipt.record_id
    police.documents.attach(file, node=NODE, record_id=record_id)
    order = sealing_pb2.Sealing(record_id=record_id, expected_version=1, instrument=NOTICE, reason="法院通知")
    police.seals.seal(NODE, order)
    with pytest.raises(NotFound):
        fetched(running_federation, file, record_id, tmp_path / "out")
    with pytest.raises(NotFound):
        police.documents.attached(NODE, record_id)
    assert fetched(running_federation, file, record_id, tmp_path / "out", sealed=True) == file.read_bytes()
    penalty = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72)
    police.seals.unseal(
        NODE,
        sealing_pb2.Unsealing(
            record_id=record_id,
            expected_version=2,
            ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
            combined_penalty=penalty,
            instrument=NOTICE,
            reason="再审改判",
        ),
    )
    assert fetched(running_federation, file, record_id, tmp_path / "out") == file.read_bytes()


def test_r62_keeping_a_scan_tells_nothing_of_a_sealed_record(running_federation: Fed, tmp_path: Path) -> None:
    documents, file = running_federation.client("police").documents, pdf(tmp_path)
    sealed = running_federation.enter("police", record(Someone(born=MINOR), "police")).record_id
    refusals = []
    for record_id in (sealed, os.urandom(16).hex()):
        for act in (
            lambda record_id=record_id: documents.attach(file, node=NODE, record_id=record_id),
            lambda record_id=record_id: documents.attached(NODE, record_id),
        ):
            with pytest.raises(NotFound) as caught:
                act()
            refusals.append((caught.value.message, caught.value.reason, caught.value.metadata))
    assert refusals[:2] == refusals[2:]


def test_r62_a_scan_that_was_broken_off_goes_on(running_federation: Fed, tmp_path: Path) -> None:
    police, file = running_federation.client("police"), pdf(tmp_path)
    record_id = running_federation.enter("police", record(Someone(), "police")).record_id
    target = police.connection.node(NODE)
    body = pb.Scan(record_id=record_id, content=describe(file)).SerializeToString()
    envelope = police.connection.statement(body, method=ATTACH_DOCUMENT, destination=str(target.installation))
    stub = stored_document_pb2_grpc.DocumentServiceStub(police.connection.channel_to(target))
    first = pb.DocumentChunk(offset=0, data=file.read_bytes()[:CHUNK])
    parts = [pb.AttachRequest(envelope=envelope), pb.AttachRequest(chunk=first)]
    with pytest.raises(InvalidRequest), understood():
        list(stub.Attach(iter(parts), timeout=60))
    assert police.documents.attached(NODE, record_id) == [], "not all of it is there yet"
    seen = list[int]()
    police.documents.attach(file, node=NODE, record_id=record_id, progress=seen.append)
    assert seen[0] == CHUNK
    assert fetched(running_federation, file, record_id, tmp_path / "out") == file.read_bytes()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"sha256": b"12"}, "sha256"),
        ({"size": 0}, "size"),
        ({"size": 1 << 40}, "size"),
        ({"media_type": "text/html"}, "media_type"),
    ],
)
def test_r62_a_scan_described_wrongly_is_refused_by_field(
    running_federation: Fed, tmp_path: Path, change: dict[str, object], fault: str
) -> None:
    police = running_federation.client("police")
    content = describe(pdf(tmp_path))
    for name, value in change.items():
        setattr(content, name, value)
    record_id = running_federation.enter("police", record(Someone(), "police")).record_id
    target = police.connection.node(NODE)
    body = pb.Scan(record_id=record_id, content=content).SerializeToString()
    envelope = police.connection.statement(body, method=ATTACH_DOCUMENT, destination=str(target.installation))
    stub = stored_document_pb2_grpc.DocumentServiceStub(police.connection.channel_to(target))
    with pytest.raises(InvalidRequest) as caught, understood():
        list(stub.Attach(iter([pb.AttachRequest(envelope=envelope)]), timeout=60))
    assert fault in {v.field.rpartition(".")[2] for v in caught.value.violations}


def test_r62_a_scan_that_is_no_ofd_is_refused_as_a_document_of_a_notice_is(
    running_federation: Fed,
) -> None:
    police, data = running_federation.client("police"), container("word/document.xml")
    content = pb.DocumentContent(
        sha256=hashlib.sha256(data).digest(), size=len(data), media_type="application/ofd"
    )
    record_id = running_federation.enter("police", record(Someone(), "police")).record_id
    target = police.connection.node(NODE)
    body = pb.Scan(record_id=record_id, content=content).SerializeToString()
    envelope = police.connection.statement(body, method=ATTACH_DOCUMENT, destination=str(target.installation))
    stub = stored_document_pb2_grpc.DocumentServiceStub(police.connection.channel_to(target))
    parts = [
        pb.AttachRequest(envelope=envelope),
        pb.AttachRequest(chunk=pb.DocumentChunk(offset=0, data=data)),
    ]
    with pytest.raises(InvalidRequest) as caught, understood():
        list(stub.Attach(iter(parts), timeout=60))
    assert {(v.field, v.rule) for v in caught.value.violations} == {("media_type", "TYPE")}
    assert police.documents.attached(NODE, record_id) == []


def test_r62_other_members_keep_no_scans_here(running_federation: Fed, tmp_path: Path) -> None:
    with pytest.raises(PermissionDenied):
        running_federation.client("court").documents.attach(
            pdf(tmp_path), node=NODE, record_id=os.urandom(16).hex()
        )


def test_scans_from_the_command_line(running_federation: Fed, tmp_path: Path) -> None:
    file = pdf(tmp_path)
    record_id = running_federation.enter("police", record(Someone(), "police")).record_id
    common = ("--home", str(running_federation.layout.home), "--node", NODE, "--officer", "王警官")
    kept = run("document", "attach", *common, record_id, str(file), "--json")
    assert (kept.exit_code, json.loads(kept.output)["sha256"]) == (0, digest(file).hex()), kept.output
    listed = run("document", "list", *common, record_id, "--json")
    assert [each["sha256"] for each in json.loads(listed.output)] == [digest(file).hex()]
    out = tmp_path / "out.pdf"
    got = run(
        "document",
        "get",
        *common,
        digest(file).hex(),
        "--record",
        record_id,
        "--reason",
        WHY,
        "--out",
        str(out),
    )
    assert got.exit_code == 0, got.output
    assert hashlib.sha256(out.read_bytes()).digest() == digest(file)
