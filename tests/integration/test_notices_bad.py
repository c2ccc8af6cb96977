"""Bad notices against running servers: each is refused, or kept for a person, with what to do about it.

What is listed here is shown elsewhere: wrong sender class `test_r29_only_a_court_notifies_judgments`; not yet
effective `test_r23_a_judgment_that_is_not_effective_is_refused`; unknown division
`test_r28_an_unknown_division_is_refused`; altered document, digest mismatch and endless stream
`test_r62_what_does_not_fit_is_refused_by_field_and_rule`,
`test_r62_an_endless_stream_ends_where_the_announced_size_does`; duplicate with another content
`test_another_content_for_the_same_judgment_is_kept_for_an_officer`.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from compose.local.layout import GATEWAY
from federation.charter.envelope import GATEWAY as TO_GATEWAY
from federation.charter.envelope import sign_payload
from federation.client import Client, Connection, Credentials
from federation.errors import BadEnvelope, Exhausted, InvalidRequest, PermissionDenied
from federation.notices.check import parse_notice
from federation.notices.due import due_of
from federation.notices.receipts import NOTICE_RECEIPTS, sign_receipts
from federation.statements.methods import SUBMIT_NOTICES
from federation.transport.status import understood
from federation.v1 import notice_pb2 as pb
from federation.v1 import notice_pb2_grpc, record_pb2
from federation.values import clock
from tests.support.local import LocalFederation
from tests.support.notices import judgment, recent, refused, release, sent, settled
from tests.support.records import Someone
from tests.support.waiting import PATIENCE_S

Fed = LocalFederation
DUPLICATES = 100_000


def submit(client: Client, contents: list[bytes], digests: list[bytes]) -> pb.SubmitResponse:
    """Hand in notices that need not fit what was signed."""
    body = pb.NoticePage(notices=digests).SerializeToString(deterministic=True)
    envelope = client.connection.statement(body, method=SUBMIT_NOTICES, destination=TO_GATEWAY)
    request = pb.SubmitRequest(consignments=[pb.Consignment(envelope=envelope, notices=contents)])
    gateway = client.charter.gateways[0]
    stub = notice_pb2_grpc.NoticeServiceStub(client.connection.to(gateway.installation, gateway.endpoint))
    with understood():
        return stub.Submit(request, timeout=PATIENCE_S)


def test_an_altered_notice_is_not_the_one_that_was_signed_for(running_federation: Fed) -> None:
    court = running_federation.client("court")
    content = judgment(Someone()).SerializeToString(deterministic=True)
    digest = hashlib.sha256(content).digest()
    with pytest.raises(InvalidRequest, match="signed for"):
        submit(court, [content[:-1] + b"1"], [digest])
    with pytest.raises(InvalidRequest, match="signed for"):
        submit(court, [content, content], [digest])


def test_what_is_no_notice_is_refused_by_name(running_federation: Fed) -> None:
    court = running_federation.client("court")
    for content in (b"\xff\xff", b"", b"\x08\x01\x08\x01", b"\xf2\x3f\x01x"):
        response = submit(court, [content], [hashlib.sha256(content).digest()])
        (receipt,) = pb.NoticeReceiptPage.FromString(response.receipts[0].payload).receipts
        assert receipt.stage == pb.NOTICE_STAGE_REFUSED
        assert receipt.violations


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("combined_penalty.months", 400, "刑法 38-69"),
        ("final_on", "2199-01-01", "R23"),
        ("pronounced_on", "2199-01-01", "DATE"),
        ("judgment_number.original", "（2019）京0105民初1号", "CASE-NUMBER-TYPE"),
    ],
)
def test_impossible_content_is_refused_at_the_gateway(
    running_federation: Fed, field: str, value: object, rule: str
) -> None:
    notice = judgment(Someone())
    parent, _, name = field.rpartition(".")
    setattr(getattr(notice.record, parent) if parent else notice.record, name, value)
    assert rule in {r for r, _ in refused(running_federation.client("court"), notice)}


def reasons(client: Client, notice: pb.Notice) -> dict[str, str]:
    """Send a notice that must be refused; return what is said of each field."""
    (receipt,) = client.notices.submit([notice])
    assert receipt.stage == pb.NOTICE_STAGE_REFUSED, receipt
    return {v.field: v.message for v in receipt.violations}


@pytest.mark.date_dependent
def test_a_refusal_says_what_to_do(running_federation: Fed) -> None:
    """The words a clerk reads, for one fault of each sort."""
    court, prison = running_federation.client("court"), running_federation.client("prison")
    today = clock.legal_day(clock.now())
    assert "send it there" in reasons(prison, judgment(Someone()))["kind"]
    early = reasons(court, recent(judgment(Someone()), days_ago=-1))["record.final_on"]
    assert "send it then" in early or "future" in early
    nowhere = judgment(Someone())
    nowhere.trial_division = "000000"
    assert "division" in reasons(court, nowhere)["trial_division"]
    untold = judgment(Someone())
    untold.ClearField("trial_division")
    assert reasons(court, untold)["trial_division"] == "say where it was tried: a copy goes there"
    later = release(judgment(Someone()), on=(today + timedelta(days=1)).isoformat())
    assert f"it is {today} now; send it then" in reasons(prison, later)["occurred_on"]
    wrong = release(judgment(Someone()))
    wrong.execution[0].kind = record_pb2.EXECUTION_KIND_DISCHARGED
    assert reasons(prison, wrong)["execution[0].kind"].endswith(": completed")
    long = judgment(Someone())
    long.record.combined_penalty.months = 400
    messages = reasons(court, long)
    assert any("combined_penalty" in field and message for field, message in messages.items()), messages


def test_a_page_for_another_destination_is_refused(running_federation: Fed) -> None:
    court = running_federation.client("court")
    content = judgment(Someone()).SerializeToString(deterministic=True)
    page = pb.NoticePage(notices=[hashlib.sha256(content).digest()])
    envelope = court.connection.statement(
        page.SerializeToString(), method=SUBMIT_NOTICES, destination="police/node/police-1"
    )
    consignment = pb.Consignment(envelope=envelope, notices=[content])
    gateway = court.charter.gateways[0]
    stub = notice_pb2_grpc.NoticeServiceStub(court.connection.to(gateway.installation, gateway.endpoint))
    with pytest.raises(BadEnvelope, match="signed for destination") as caught, understood():
        stub.Submit(pb.SubmitRequest(consignments=[consignment]), timeout=PATIENCE_S)
    assert caught.value.reason == "WRONG_DESTINATION"


def brought(
    federation: Fed, node_name: str, receipt: pb.NoticeReceipt, content: bytes
) -> pb.NoticeReceiptPage:
    """Bring a court's own notice to a node with an acceptance of the gateway's key; return the node's receipts."""
    court, layout = federation.client("court"), federation.layout
    digest, charter = hashlib.sha256(content).digest(), court.charter
    receipt.notice, receipt.stage = digest, pb.NOTICE_STAGE_ACCEPTED
    folder = layout.folder(GATEWAY)
    credentials = Credentials(GATEWAY, folder / "tls.pem", folder / "tls.key", folder / "signing.key")
    with Connection(trust=court.connection._trust, credentials=credentials, officer="gateway") as gateway:
        acceptance = sign_receipts([receipt], charter=charter, signer=gateway._signer, now=clock.now())
        body = pb.NoticePage(notices=[digest]).SerializeToString()
        envelope = court.connection.statement(body, method=SUBMIT_NOTICES, destination=TO_GATEWAY)
        consignment = pb.Consignment(envelope=envelope, acceptance=acceptance, notices=[content])
        [node] = [n for n in charter.nodes if n.name == node_name]
        stub = notice_pb2_grpc.NoticeServiceStub(gateway.channel_to(node))
        with understood():
            response = stub.Submit(pb.SubmitRequest(consignments=[consignment]), timeout=PATIENCE_S)
    return pb.NoticeReceiptPage.FromString(response.receipts[0].payload)


@pytest.mark.parametrize("named", ["police-1", "police-of-nowhere"])
def test_a_node_takes_no_notice_that_is_for_another_agency(running_federation: Fed, named: str) -> None:
    """A gateway that errs or lies, with the sender's own signature and its own: state security is no addressee."""
    receipt = pb.NoticeReceipt()
    receipt.addressees.add(node=named, addressing=pb.ADDRESSING_REGISTRATION)
    content = judgment(Someone()).SerializeToString(deterministic=True)
    with pytest.raises(BadEnvelope, match=named) as caught:
        brought(running_federation, "state-security-1", receipt, content)
    assert caught.value.reason == "NOT_ADDRESSED"


def test_r25_a_node_computes_itself_when_a_notice_was_due(running_federation: Fed) -> None:
    """A gateway that lies about it could make a sender late, or leave officers a list that cannot be shown."""
    receipt = pb.NoticeReceipt(due_on="no day at all", late_days=4_000_000)
    receipt.addressees.add(node="police-1", addressing=pb.ADDRESSING_REGISTRATION)
    content = judgment(Someone()).SerializeToString(deterministic=True)
    [made] = brought(running_federation, "police-1", receipt, content).receipts
    _, late = due_of(parse_notice(content), clock.legal_day(clock.now()))
    assert made.late_days == late


def test_a_field_of_megabytes_is_refused(running_federation: Fed) -> None:
    court, notice = running_federation.client("court"), judgment(Someone())
    notice.reason = "大" * 600_000
    assert "send documents apart" in reasons(court, notice)["notice"]
    notice.reason = "大" * 3_500_000
    with pytest.raises(Exhausted, match="larger than max"):
        court.notices.submit([notice])
    assert sent(court, judgment(Someone()))


def test_receipts_of_a_node_cannot_be_made_by_a_sender(running_federation: Fed) -> None:
    """Nodes take notices from gateways only, and acceptances under a gateway's key only."""
    court = running_federation.client("court")
    content = judgment(Someone()).SerializeToString(deterministic=True)
    page = pb.NoticeReceiptPage(receipts=[pb.NoticeReceipt(notice=hashlib.sha256(content).digest())])
    forged = sign_payload(
        NOTICE_RECEIPTS, page.SerializeToString(deterministic=True), court.connection._signer
    )
    node = court.connection.node("police-1")
    stub = notice_pb2_grpc.NoticeServiceStub(court.connection.to(node.installation, node.endpoint))
    request = pb.SubmitRequest(consignments=[pb.Consignment(notices=[content], acceptance=forged)])
    with pytest.raises(PermissionDenied), understood():
        stub.Submit(request, timeout=PATIENCE_S)


def test_duplicates_beyond_number_leave_one_record(running_federation: Fed) -> None:
    """Every one gets the first receipt again; nothing is added to what is to be delivered."""
    court, notice = running_federation.client("court"), judgment(Someone())
    (first,) = court.notices.submit([notice])
    for _ in range(DUPLICATES // 500):
        receipts = court.notices.submit([notice] * 500)
        assert {(r.stage, r.repeated, r.log_entry) for r in receipts} == {
            (pb.NOTICE_STAGE_ACCEPTED, True, first.log_entry)
        }
    (tracked,) = settled(court, [first.notice])
    assert len(tracked.deliveries) == 3
    assert len(tracked.stages) == 4
    registered = {r.record_id: r.version for who, r in tracked.stages if who.endswith("police-1")}
    ((record_id, version),) = registered.items()
    assert version == 1
    assert len(running_federation.client("police").register.history("police-1", record_id)) == 1
    again = court.notices.submit([judgment(Someone())] * 500)
    assert len({r.notice for r in again}) == 1
    assert [r.repeated for r in again] == [False] + [True] * 499
