"""Recalls and correction requests survive: servers killed between a change and its telling, each told once."""

from __future__ import annotations

import signal

from compose.local.layout import GATEWAY, NODES, node_installation
from federation.client import CheckedAnswer
from federation.errors import HutongError
from federation.v1 import notice_pb2 as pb
from federation.v1 import query_pb2, recall_pb2, record_pb2, registry_pb2
from tests.support import asking
from tests.support.corrections import request
from tests.support.local import LocalFederation
from tests.support.records import Someone, case_number, open_record, record
from tests.support.waiting import wait_for

POLICE = node_installation("police")
KILLED = signal.SIGKILL


def ask(
    federation: LocalFederation, someone: Someone, tries: list[CheckedAnswer | None] | None = None
) -> CheckedAnswer:
    """Ask until every node has answered: after a kill the gateway finds its nodes again.

    `tries` collects every answer on the way, None for a question that failed: it may have been answered.
    """
    tries = [] if tries is None else tries

    def once() -> CheckedAnswer:
        tries.append(None)
        with federation.fresh_client("court") as court:
            tries[-1] = answered = court.ask(asking.case(someone.subject()))
        return answered

    def complete(answered: CheckedAnswer) -> bool:
        return answered.answer.completeness == query_pb2.COMPLETENESS_COMPLETE

    return wait_for(once, complete, what="a complete answer", passing=HutongError, pause_s=0.2)


def correct(federation: LocalFederation, receipt: registry_pb2.Receipt, made: record_pb2.Record) -> None:
    """Correct a record: the change is durable when this returns."""
    changed = record_pb2.Record()
    changed.CopyFrom(made)
    changed.served_on = "2019-06-04"
    amendment = registry_pb2.Amendment(
        record_id=receipt.record_id, expected_version=1, record=changed, reason="更正"
    )
    with federation.fresh_client("police") as police:
        police.register.amend("police-1", amendment)


def recalls(federation: LocalFederation, requests: list[bytes]) -> list[recall_pb2.Recall]:
    found, after = list[recall_pb2.Recall](), 0
    with federation.fresh_client("court") as court:
        while page := court.recalls.received(acknowledged_too=True, after=after):
            found += [recall for recall in page if recall.request_digest in requests]
            after = page[-1].number
    return found


def test_r45_whoever_was_told_is_recalled_once_though_node_and_gateway_are_killed(
    whole: LocalFederation,
) -> None:
    to_recall, tries = [], list[list[CheckedAnswer | None]]()
    for _ in range(3):
        someone, made = open_record("police")
        receipt = whole.enter("police", made)
        tries.append([])
        to_recall.append((receipt, made, ask(whole, someone, tries[-1]).request_digest))
    whole.signal(GATEWAY, KILLED)
    correct(whole, *to_recall[0][:2])  # nobody there to hand it in at
    whole.signal(POLICE, KILLED)
    whole.up(POLICE)
    correct(whole, *to_recall[1][:2])
    whole.up(GATEWAY)
    correct(whole, *to_recall[2][:2])
    whole.signal(POLICE, KILLED)  # between the change and its telling
    whole.signal(GATEWAY, KILLED)
    whole.up(POLICE, GATEWAY)
    requests = [request for *_, request in to_recall]
    wait_for(
        lambda: len(recalls(whole, requests)),
        lambda seen: seen >= len(requests),
        what="a recall of every answer",
    )
    done = recalls(whole, requests)
    with whole.fresh_client("court") as court:
        court.recalls.acknowledge([recall.recall_id for recall in done])
    again = recalls(whole, requests)
    assert sorted(r.request_digest for r in again) == sorted(requests)
    assert all(recall.acknowledged_at for recall in again)
    entries = [e for e in whole.node_entries("police") if e["kind"] == "recalled"]
    marked = [(str(e["record"]), int(str(e["answers"]))) for e in entries]
    for (receipt, *_), asked in zip(to_recall, tries, strict=True):
        (answers,) = [number for record_id, number in marked if record_id == receipt.record_id]
        disclosed = sum(1 for each in asked if each is not None and each.answer.convictions)
        assert disclosed <= answers <= len(asked), "each answer that disclosed the record is marked, once"


def test_r58_requests_reach_the_owner_once_though_the_gateway_is_killed_and_the_owner_down(
    whole: LocalFederation,
) -> None:
    number, someone = case_number(), Someone()
    facets = {a: record(someone, a, number=number) for a in ("police", "procuratorate")}
    facets["police"].final_on = "2019-06-17"
    receipts = {agency: whole.enter(agency, made) for agency, made in facets.items()}
    ask(whole, someone)
    whole.signal(GATEWAY, KILLED)  # noted with the answer, sent after it
    whole.up(GATEWAY)
    ask(whole, someone)
    whole.signal(POLICE, KILLED)
    sent = request(receipts["police"])
    with whole.fresh_client("court") as court:
        (accepted,) = court.notices.submit([sent])
    assert accepted.stage == pb.NOTICE_STAGE_ACCEPTED
    whole.signal(GATEWAY, KILLED)
    whole.up(GATEWAY, POLICE)
    with whole.fresh_client("court") as court:
        (again,) = court.notices.submit([sent])
    assert (again.notice, again.repeated) == (accepted.notice, True)
    record_id = receipts["police"].record_id
    wait_for(
        lambda: len(about(whole, "police", record_id)),
        lambda seen: seen >= 2,
        what="both requests for correction",
    )
    asked = about(whole, "police", record_id)
    assert sorted(w.notice.correction.field for w in asked) == ["final_on", "served_on"]
    other = receipts["procuratorate"].record_id
    wait_for(
        lambda: len(about(whole, "procuratorate", other)),
        lambda seen: seen == 1,
        what="the request for correction",
    )


def about(federation: LocalFederation, agency: str, record_id: str) -> list[pb.WaitingNotice]:
    found, after = list[pb.WaitingNotice](), b""
    with federation.fresh_client(agency) as client:
        while page := client.notices.waiting(
            NODES[agency], after=after, kind=pb.NOTICE_KIND_CORRECTION_REQUEST
        ):
            found += [w for w in page if w.notice.correction.record_id == record_id]
            after = page[-1].digest
    return found
