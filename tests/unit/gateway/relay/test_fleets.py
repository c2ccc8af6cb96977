"""Couriers and carriers end together, and a node that does not offer their method costs one warning."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from sqlalchemy import insert

from federation.v1 import notice_pb2
from federation.values.clock import now
from gateway.documents import schema as documents_schema
from gateway.documents.archive import Archive
from gateway.documents.carrying import Carriers
from gateway.documents.clearing import DocumentRemover
from gateway.documents.shelf import sql_shelf
from gateway.relay import schema
from gateway.relay.courier import Couriers
from gateway.relay.delivery_store import DeliveryStore
from gateway.relay.notice_store import NoticeStore
from gateway.relay.outbox import DeliveryOutbox
from gateway.relay.receipt_store import ReceiptStore
from gateway.relay.schema import undelivered
from gateway.strongbox import Strongbox
from server.journal.depot import Depot
from server.journal.journal import Journal, open_journal
from server.journal.work import Work
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.waiting import wait_for

NODE = "police-1"


class Relay:
    """The couriers and carriers of a gateway on a real store, and the nodes they reach on loopback."""

    def __init__(self, home: Path, journal: Journal, small: SmallFederation) -> None:
        self.journal, self.small = journal, small
        self.box = Strongbox(key=bytes(32))
        self.shelf = sql_shelf(strongbox=self.box, undelivered=undelivered)
        self.depot = Depot(home / "documents", chunk_bytes=1024)
        self.port = 1

    def connect(self, *_: Any) -> grpc.Channel:
        return grpc.insecure_channel(f"localhost:{self.port}")

    def couriers(self) -> Couriers:
        outbox = DeliveryOutbox(
            journal=self.journal,
            deliveries=DeliveryStore(strongbox=self.box),
            notices=NoticeStore(strongbox=self.box),
            receipts=ReceiptStore(strongbox=self.box),
            strongbox=self.box,
            carriages=self.shelf.carriages,
            carry=lambda nodes: None,
        )
        charter = self.small.charter()
        return Couriers(outbox=outbox, charter=lambda: charter, connect=self.connect, now=now)

    def carriers(self) -> Carriers:
        charter = self.small.charter()
        archive = Archive(
            journal=self.journal,
            shelf=self.shelf,
            depot=self.depot,
            signer=self.small.party(GATEWAY).signer,
            charter=lambda: charter,
            now=now,
        )
        return Carriers(archive, clearing=DocumentRemover(archive), connect=self.connect)

    def notice(self, state: int) -> None:
        """Leave a notice on its way to the node."""

        def command(work: Work) -> None:
            page = {"sender": "court", "accepted_at": ""} | {
                name: self.box.lock(b"", place)
                for name, place in (("envelope", b"submission"), ("acceptance", b"acceptance"))
            }
            made = work.view.execute(insert(schema.submission), page)
            digest = bytes(32)
            row = {
                "digest": digest,
                "sender": "court",
                "kind": 1,
                "late_days": 0,
                "body": self.box.lock(b"", b"notice" + digest),
                "submission_id": made.inserted_primary_key[0],  # type: ignore[index]
            }
            work.view.execute(insert(schema.notice), row)
            way = {"digest": digest, "node": NODE, "addressing": 1, "attempts": 0, "next_at": 0.0}
            further = {"state": state, "reason": "", "person_key": b""}
            work.view.execute(insert(schema.delivery), way | further)

        self.journal.run(command)

    def states(self) -> list[tuple[int, int]]:
        """Return state and attempts of what is on its way."""
        with self.journal.reading() as connection:
            return [(row.state, row.attempts) for row in connection.execute(schema.delivery.select())]


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    small = SmallFederation(tmp_path / "federation", agencies=["police"])
    with open_journal(
        tmp_path / "store.db",
        body_key=bytes(32),
        charter=small.charter(),
        signer=small.party(GATEWAY).signer,
        now=now,
        schemas=[schema.SCHEMA, documents_schema.SCHEMA],
    ) as journal:
        yield Relay(tmp_path, journal, small)


@pytest.fixture
def older_version(relay: Relay) -> Iterator[list[str]]:
    """A server at the node's place that offers none of its methods; yields those that were called."""
    called: list[str] = []

    class Listening(grpc.ServerInterceptor):
        def intercept_service(self, proceed: Any, details: Any) -> Any:
            called.append(details.method)
            return proceed(details)

    server = grpc.server(futures.ThreadPoolExecutor(2), interceptors=[Listening()])
    relay.port = server.add_insecure_port("localhost:0")
    server.start()
    yield called
    server.stop(None).wait()


def running(prefix: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(prefix)]


@pytest.mark.parametrize("fleet", ["couriers", "carriers"])
def test_what_is_woken_after_the_end_does_not_start(relay: Relay, fleet: str) -> None:
    """A node that sends a notice on while the gateway stops wakes the courier of another: too late."""
    with getattr(relay, fleet)() as workers:
        pass
    workers.wake(frozenset({"elsewhere"}))
    assert running(f"{fleet[:-1]}-") == []


def test_workers_that_wake_one_another_while_they_end_all_end(relay: Relay) -> None:
    relay.notice(notice_pb2.DELIVERY_STATE_DELIVERED)
    with relay.couriers() as workers:
        stop = threading.Event()

        def waking() -> None:
            number = 0
            while not stop.is_set():
                workers.wake(frozenset({f"node-{(number := number + 1) % 20}"}))

        threads = [threading.Thread(target=waking) for _ in range(2)]
        for thread in threads:
            thread.start()
        wait_for(lambda: running("courier-node-"), what="a courier at work")
    stop.set()
    for thread in threads:
        thread.join()
    assert running("courier-") == []


@pytest.mark.parametrize("state", [notice_pb2.DELIVERY_STATE_WAITING, notice_pb2.DELIVERY_STATE_UNDECIDED])
def test_a_node_of_an_older_version_costs_a_warning_and_keeps_its_notices(
    relay: Relay, older_version: list[str], state: int, caplog: pytest.LogCaptureFixture
) -> None:
    relay.notice(state)
    with caplog.at_level(logging.WARNING), relay.couriers() as couriers:
        wait_for(lambda: caplog.records, what="a warning")
        for _ in range(100):
            couriers.wake(frozenset({NODE}))
    [record] = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert f"courier-{NODE}: waits: UNIMPLEMENTED" in record.getMessage()
    assert len(older_version) == 1
    assert relay.states() == [(state, 0)], "nothing is parked that another version would take"
