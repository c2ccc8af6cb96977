"""Documents of notices: handed in, carried, read and followed (R62)."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from compose.local.layout import GATEWAY
from federation.errors import HutongError, InvalidRequest, NotFound, PermissionDenied
from federation.notices.document_receipts import DocumentCourse
from federation.notices.documents import describe
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.v1.parked_pb2 import ParkedItem
from tests.support.carrying import POLICE, WHY, Fed, fetch, insist_closed, put_by_hand
from tests.support.documents import CHUNK, digest, naming, pdf, released, way_when
from tests.support.notices import judgment, release, sent, settled
from tests.support.records import Someone, record


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
