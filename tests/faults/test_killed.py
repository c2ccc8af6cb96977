"""Killed at any moment: nothing acknowledged is lost, no answer is without its entry, and no repair."""

from __future__ import annotations

import hashlib
import random
import signal
import threading
import time
from contextlib import suppress
from functools import partial

import pytest

from compose.local.layout import GATEWAY, NODES, node_installation
from federation.client import CheckedAnswer
from federation.errors import HutongError
from federation.evidence.checkpoint import verify_checkpoint
from federation.evidence.entry import read_body, salted_leaf
from federation.evidence.merkle import root_of
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2, registry_pb2
from federation.values import clock
from federation.values.identity import Installation
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import Someone, open_record, record
from tests.support.waiting import PATIENCE_S, wait_for

POLICE = node_installation("police")
ROUNDS = 4


def verify_log(federation: LocalFederation, server: Installation) -> list[dict[str, object]]:
    """Recompute a server's log from its entries and hold it against its signed checkpoint; return it."""
    client = federation.client(server.member)
    envelope = client.evidence.checkpoint(server)
    checkpoint = verify_checkpoint(envelope, client.charter, now=clock.now())
    assert checkpoint.installation == str(server)
    entries = list(client.evidence.entries(server))
    assert [e.index for e in entries] == list(range(len(entries)))
    leaves = [salted_leaf(e.salt, e.body) for e in entries]
    assert root_of(leaves[: checkpoint.size]) == checkpoint.root
    return [dict(read_body(e.body)) for e in entries]


def test_r50_no_acknowledged_record_is_lost_when_a_node_is_killed_while_entering(
    whole: LocalFederation,
) -> None:
    chance = random.Random(20120510)
    known: dict[str, record_pb2.Record] = {}
    acknowledged = 0
    for _ in range(ROUNDS):
        batch = [open_record("police")[1] for _ in range(1500)]
        receipts: list[registry_pb2.Receipt] = []

        def enter(
            batch: list[record_pb2.Record] = batch, receipts: list[registry_pb2.Receipt] = receipts
        ) -> None:
            with whole.fresh_client("police") as client, suppress(HutongError):  # when the node is gone
                for outcome in client.register.enter_many("police-1", iter(batch), page=20):
                    receipts.append(outcome.receipt)

        entering = threading.Thread(target=enter, daemon=True)
        entering.start()
        wait_for(partial(_begun, receipts, entering), what="the first receipt", pause_s=0.002)
        time.sleep(chance.uniform(0, 0.25))
        whole.signal(POLICE, signal.SIGKILL)
        entering.join(PATIENCE_S)
        assert not entering.is_alive()
        whole.up(POLICE)
        known |= {r.record_id: made for r, made in zip(receipts, batch, strict=False)}
        acknowledged += len(receipts)
        client = whole.client("police")
        for receipt in chance.sample(receipts, min(60, len(receipts))) + receipts[-20:]:
            shown = client.register.show("police-1", receipt.record_id)
            assert shown.record.judgment_number.original == known[receipt.record_id].judgment_number.original
        again = [o.receipt for o in client.register.enter_many("police-1", batch[: len(receipts)], page=200)]
        assert all(r.repeated for r in again)
        assert [r.record_id for r in again] == [r.record_id for r in receipts]
        assert [r.log_entry for r in again] == [r.log_entry for r in receipts]
    assert acknowledged > ROUNDS
    entries = verify_log(whole, POLICE)
    logged = {str(e["record"]) for e in entries if e["kind"] == "entered"}
    assert known.keys() <= logged
    assert sum(e["kind"] == "started" for e in entries) >= ROUNDS


def _ask_until(
    federation: LocalFederation, stop: threading.Event, someone: Someone, got: list[CheckedAnswer]
) -> None:
    with federation.fresh_client("procuratorate") as client:
        while not stop.is_set():
            try:
                got.append(client.ask(asking.case(someone.subject())))
            except HutongError:
                stop.wait(0.02)


def _begun(receipts: list[registry_pb2.Receipt], entering: threading.Thread) -> bool:
    return bool(receipts) or not entering.is_alive()


def _wait_for_whole_answers(got: list[CheckedAnswer], more: int) -> None:
    """Return when `more` answers that show the record came after those already there, at any machine's pace."""
    there = len(got)
    wait_for(
        lambda: sum(a.answer.finding == pb.FINDING_RECORD for a in got[there:]),
        lambda whole: whole >= more,
        what="whole answers again",
        pause_s=0.01,
    )


@pytest.fixture
def someone(whole: LocalFederation) -> Someone:
    found = Someone()
    whole.enter("justice", record(found, "justice"))
    return found


@pytest.mark.parametrize("victim", [GATEWAY, node_installation("justice")], ids=str)
def test_no_answer_is_without_its_entries_when_a_server_is_killed_while_asking(
    whole: LocalFederation, someone: Someone, victim: Installation
) -> None:
    chance, stop = random.Random(str(victim)), threading.Event()
    got: list[CheckedAnswer] = []
    asking_them = (whole, stop, someone, got)
    threads = [threading.Thread(target=_ask_until, args=asking_them, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            _wait_for_whole_answers(got, 4)
            time.sleep(chance.uniform(0, 0.1))  # kill at any point of a question's way
            whole.signal(victim, signal.SIGKILL)
            whole.up(victim)
        _wait_for_whole_answers(got, 4)
    finally:  # a test that fails must not leave them asking for ever
        stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    gateway = verify_log(whole, GATEWAY)
    answered = {(e["request"], e["answer"]) for e in gateway if e["kind"] == "answer"}
    requested = {e["request"] for e in gateway if e["kind"] == "request"}
    for each in got:
        digest = hashlib.sha256(each.envelope.payload).hexdigest()
        assert (each.request_digest.hex(), digest) in answered
        assert each.request_digest.hex() in requested
    for agency, node in NODES.items():
        entries = verify_log(whole, node_installation(agency))
        logged = {(e.get("request"), e.get("answer")) for e in entries if e["kind"] in ("lookup", "repeat")}
        for each in got:
            for evidence in each.answer.evidence:
                if evidence.node == node:
                    digest = hashlib.sha256(evidence.answer).hexdigest()
                    assert (each.request_digest.hex(), digest) in logged
    clean = [a for a in got if a.answer.finding == pb.FINDING_NO_RECORD]
    assert not clean, "a node that was gone is never read as no record"
