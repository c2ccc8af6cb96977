"""Documents follow their records: closed when these are sealed or withdrawn, open to sealed access alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from federation.errors import InvalidRequest, NotFound, NotPermitted, Unauthenticated
from federation.notices.sealed_reading import undertaken
from federation.statements.methods import GET_DOCUMENT
from federation.statements.undertaking import METHOD as UNDERTAKE
from federation.transport.status import understood
from federation.v1 import notice_pb2_grpc, registry_pb2
from federation.v1 import stored_document_pb2 as pb
from tests.support.carrying import CASE, UNDERTAKING, WHY, Fed, fetch, insist_closed, with_document
from tests.support.documents import CHUNK, digest, pdf
from tests.support.notices import judgment
from tests.support.records import MINOR, Someone
from tests.support.waiting import PATIENCE_S


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
