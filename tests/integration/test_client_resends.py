"""A connection that breaks under a call: it is sent again, and nothing is done or answered twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import grpc
import pytest

from compose.local import processes
from compose.local.layout import GATEWAY, node_installation
from federation.client import Client, Connection, registering, transferring
from federation.errors import NotFound, Unavailable
from federation.notices.documents import limits
from federation.v1 import query_pb2 as pb
from federation.v1.registry_pb2 import Receipt
from federation.values.identity import Installation
from tests.support import asking
from tests.support.holding import HoldingRelay, holding_relay
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import Someone, open_record
from tests.support.waiting import wait_for

POLICE = node_installation("police")


class Relayed(Connection):
    """A connection whose channels all go through one relay."""

    relay: HoldingRelay

    def to(self, server: Installation, endpoint: str) -> grpc.Channel:
        """Return the channel to the relay."""
        return super().to(server, self.relay.endpoint)


T = TypeVar("T")


@contextmanager
def relayed(
    federation: LocalFederation, server: Installation, member: str = "police"
) -> Iterator[tuple[Client, HoldingRelay]]:
    """Yield a client of `member` that reaches `server` through a relay."""
    up = processes.running(federation.layout, server)
    assert up is not None
    with (
        holding_relay(up.port) as relay,
        Relayed.open(federation.layout.description, member, officer=OFFICER) as connection,
    ):
        connection.relay = relay
        yield Client(connection), relay


def cut_once(relay: HoldingRelay, arrived: Callable[[], bool], call: Callable[[], T]) -> T:
    """Make the call, hold its reply back until it has been carried out, and cut its connection."""
    relay.hold()
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(call)
        try:
            wait_for(arrived, what="the call to be carried out")
        finally:
            relay.cut()
        return made.result()


def test_a_question_whose_answer_is_lost_is_signed_anew_and_names_the_first(
    running_federation: LocalFederation,
) -> None:
    def requests() -> list[dict[str, object]]:
        kinds = ("request", "answer")
        return [dict(e) for e in running_federation.gateway_entries() if e["kind"] in kinds]

    with relayed(running_federation, GATEWAY) as (client, relay):
        client.ask(asking.case(Someone().subject()))
        before = len(requests())
        answered = cut_once(
            relay,
            lambda: len(requests()) == before + 2,
            lambda: client.ask(asking.case(Someone().subject())),
        )
    first, lost, again, given = requests()[before:]
    assert [e["kind"] for e in (first, lost, again, given)] == ["request", "answer"] * 2
    assert again["retry_of"] == first["request"]
    assert again["request"] == given["request"] == answered.request_digest.hex()
    assert answered.answer.finding == pb.FINDING_NO_RECORD


def test_an_act_whose_reply_is_lost_is_not_carried_out_twice(running_federation: LocalFederation) -> None:
    def entered() -> int:
        return sum(e["kind"] == "entered" for e in running_federation.node_entries("police"))

    _, made = open_record("police")
    with relayed(running_federation, POLICE) as (client, relay):
        client.seals.withheld("police-1")
        before = entered()
        with pytest.raises(Unavailable, match="look there") as caught:
            cut_once(relay, lambda: entered() > before, lambda: client.register.enter("police-1", made))
        assert caught.value.reason == "REPLY_LOST"
        assert entered() == before + 1
        assert client.register.enter("police-1", made).repeated


def test_an_act_that_never_arrived_is_sent_again(running_federation: LocalFederation) -> None:
    _, made = open_record("police")
    with relayed(running_federation, POLICE) as (client, relay):
        client.seals.withheld("police-1")
        relay.swallow()
        assert not client.register.enter("police-1", made).repeated


def test_what_the_server_refuses_is_not_sent_again(running_federation: LocalFederation) -> None:
    def refused() -> int:
        return sum(e["kind"] == "refused" for e in running_federation.node_entries("police"))

    with relayed(running_federation, POLICE) as (client, _):
        before = refused()
        with pytest.raises(NotFound):
            client.register.show("police-1", "0" * 32)
        assert refused() == before + 1


def test_an_import_whose_connection_is_cut_again_and_again_ends_with_each_record_entered_once(
    running_federation: LocalFederation,
) -> None:
    def entered() -> set[str]:
        return {str(e["record"]) for e in running_federation.node_entries("police") if e["kind"] == "entered"}

    made, receipts, before = [open_record("police")[1] for _ in range(300)], list[Receipt](), entered()
    with relayed(running_federation, POLICE) as (client, relay):
        for outcome in client.register.enter_many("police-1", iter(made), page=20):
            receipts.append(outcome.receipt)
            if len(receipts) % 30 == 0:
                relay.cut()
    assert {r.record_id for r in receipts} == entered() - before
    assert len(receipts) == len(made) == len({r.record_id for r in receipts})
    sample = running_federation.client("police").register.show("police-1", receipts[-1].record_id)
    assert sample.record.judgment_number.original == made[-1].judgment_number.original


def test_an_import_goes_on_over_further_streams(
    running_federation: LocalFederation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registering, "STREAM_S", 0.0)
    made = [open_record("police")[1] for _ in range(95)]
    outcomes = running_federation.client("police").register.enter_many("police-1", iter(made), page=10)
    assert [o.receipt.repeated for o in outcomes] == [False] * len(made)


def test_a_node_that_stays_away_ends_an_import_with_the_records_before(
    running_federation: LocalFederation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registering, "PAUSES_S", (0.0,))
    made, receipts = [open_record("police")[1] for _ in range(60)], list[Receipt]()

    def enter(client: Client, relay: HoldingRelay) -> None:
        for outcome in client.register.enter_many("police-1", iter(made), page=20):
            receipts.append(outcome.receipt)
            relay.close()

    with relayed(running_federation, POLICE) as (client, relay), pytest.raises(Unavailable):
        enter(client, relay)
    assert 0 < len(receipts) < len(made)


def test_a_document_arrives_though_its_connection_is_cut_more_often_than_attempts_without_progress(
    running_federation: LocalFederation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transferring, "PAUSES_S", (0.01,))
    file = tmp_path / "scan.pdf"
    file.write_bytes(b"%PDF-1.4\n" + bytes(30 * limits().chunk_bytes) + b"\n%%EOF\n")
    cuts = list[int]()

    with relayed(running_federation, GATEWAY, "court") as (client, relay):

        def progress(have: int) -> None:
            if have > max(cuts, default=0) and len(cuts) <= 1 + len(transferring.PAUSES_S):
                cuts.append(have)  # the gateway has more than at the last cut
                relay.cut()

        receipt = client.documents.put(file, "application/pdf", progress=progress)
    assert receipt.content.size == file.stat().st_size
    assert len(cuts) > 1 + len(transferring.PAUSES_S)
