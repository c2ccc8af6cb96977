"""Who may hand in, see and acknowledge recalls, and what is refused."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import pytest
from prometheus_client.parser import text_string_to_metric_families

from compose.local.layout import node_installation
from compose.report.metrics import exposition
from compose.report.report_cli import collect
from federation.charter.envelope import GATEWAY as TO_GATEWAY
from federation.client import Client
from federation.errors import BadEnvelope, InvalidRequest, NotFound, PermissionDenied, Unauthenticated
from federation.statements.methods import HAND_IN_RECALLS, LIST_RECALLS
from federation.transport.status import understood
from federation.v1 import recall_pb2, recall_pb2_grpc
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.recalls import ask, change, of, recalled
from tests.support.records import open_record
from tests.support.waiting import PATIENCE_S, wait_for

Fed = LocalFederation


def stub(client: Client) -> recall_pb2_grpc.RecallServiceStub:
    gateway = client.charter.gateways[0]
    return recall_pb2_grpc.RecallServiceStub(client.connection.to(gateway.installation, gateway.endpoint))


def test_nobody_sees_or_acknowledges_the_recalls_of_another_member(running_federation: Fed) -> None:
    fed = running_federation
    someone, made = open_record("police")
    receipt = fed.enter("police", made)
    answered = ask(fed, "court", asking.case(someone.subject()))
    change(fed, "withdrawn", receipt, made, "police")
    (recall,) = recalled(fed, "court", answered)
    for other in ("procuratorate", "police"):
        assert of(fed, other, [answered.request_digest]) == []
        with pytest.raises(NotFound, match="no recall"):
            fed.client(other).recalls.acknowledge([recall.recall_id])
    assert not [t for t in fed.client("justice").recalls.caused() if t.recall_id == recall.recall_id]
    with pytest.raises(NotFound, match="no recall"):
        fed.client("court").recalls.acknowledge([recall.recall_id, "0" * 32])
    assert not of(fed, "court", [answered.request_digest])[0].acknowledged_at
    with pytest.raises(PermissionDenied, match="not for registers"):
        fed.client("court").recalls.caused()
    with pytest.raises(PermissionDenied):
        fed.client("prison").recalls.received()


def test_what_a_member_sends_about_recalls_is_checked(running_federation: Fed) -> None:
    court = running_federation.client("court")
    for acknowledged, fault in (
        (["x"], "recall_ids"),
        (["0" * 32] * 3 + [f"{n:032x}" for n in range(300)], "recall_ids"),
        ([], "BODY_MISSING|no body"),
    ):
        with pytest.raises((InvalidRequest, BadEnvelope), match=fault):
            court.recalls.acknowledge(acknowledged)
    with pytest.raises(InvalidRequest, match="note"):
        court.recalls.acknowledge(["0" * 32], "长" * 401)
    with pytest.raises(InvalidRequest, match="limit"):
        send(court, recall_pb2.RecallFilter(limit=10_000).SerializeToString())
    with pytest.raises(InvalidRequest, match="body"):
        send(court, b"\xff\xff\xff")
    body = recall_pb2.RecallFilter(limit=1).SerializeToString()
    envelope = court.connection.statement(body, method=LIST_RECALLS, destination=TO_GATEWAY)
    request = recall_pb2.RecallServiceListRequest(envelope=envelope)
    with understood():
        stub(court).List(request, timeout=PATIENCE_S)
    with pytest.raises(Unauthenticated, match="used before"), understood():
        stub(court).List(request, timeout=PATIENCE_S)
    elsewhere = running_federation.client("police")
    with pytest.raises(Unauthenticated, match="sends its own"), understood():
        stub(elsewhere).List(request, timeout=PATIENCE_S)


def send(client: Client, body: bytes) -> None:
    envelope = client.connection.statement(body, method=LIST_RECALLS, destination=TO_GATEWAY)
    with understood():
        stub(client).List(recall_pb2.RecallServiceListRequest(envelope=envelope), timeout=PATIENCE_S)


def test_only_nodes_hand_in_and_only_the_own_agency_learns_to_whom_a_record_was_told(
    running_federation: Fed,
) -> None:
    fed = running_federation
    someone, made = open_record("police")
    receipt = fed.enter("police", made)
    ask(fed, "court", asking.case(someone.subject()))
    client = fed.client("police")
    page = recall_pb2.SupersededPage(
        told=[recall_pb2.Superseded(request_digest=b"0" * 32, record_id=receipt.record_id)]
    )
    body = page.SerializeToString()
    envelope = client.connection.statement(body, method=HAND_IN_RECALLS, destination=TO_GATEWAY)
    with pytest.raises(PermissionDenied, match="node"), understood():
        stub(client).HandIn(recall_pb2.HandInRequest(envelope=envelope), timeout=PATIENCE_S)
    with pytest.raises(PermissionDenied):
        fed.client("court").recalls.disclosures("police-1", receipt.record_id)
    assert len(client.recalls.disclosures("police-1", receipt.record_id)) == 1
    change(fed, "sealed", receipt, made, "police")
    for hidden in (receipt.record_id, "0" * 32):
        with pytest.raises(NotFound, match="can be shown"):
            client.recalls.disclosures("police-1", hidden)


def test_recalls_of_a_gateway_that_left_the_charter_are_shown_to_the_operator(
    running_federation: Fed,
) -> None:
    """Its memory of whom it told left with it: the report says that somebody has to tell them."""
    fed, gone = running_federation, "interconnect/gateway/gone"
    server = node_installation("police")
    store = fed.layout.server(server) / "store.db"
    row = (os.urandom(16), os.urandom(32), 0, 1, gone, 1, b"")
    with closing(sqlite3.connect(store, timeout=30)) as connection:
        with connection:
            connection.execute("INSERT INTO disclosure VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        report = collect(fed.layout.home)
        log = fed.layout.server(server) / "server.log"
        wait_for(
            lambda: log.read_text("utf-8"),
            lambda text: f"recalls wait for {gone}" in text,
            what="the log to name the missing server",
        )
        with connection:
            connection.execute("DELETE FROM disclosure WHERE via = ?", (gone,))
    (shown,) = [u for u in report["untold"] if u["gateway"] == gone]
    assert shown == {"node": "police-1", "gateway": gone, "recalls": 1, "in_charter": "no"}
    (metric,) = [
        f for f in text_string_to_metric_families(exposition(report)) if f.name == "hutong_recalls_untold"
    ]
    labels = {"node": "police-1", "gateway": gone, "in_charter": "no"}
    assert [sample.value for sample in metric.samples if sample.labels == labels] == [1]
