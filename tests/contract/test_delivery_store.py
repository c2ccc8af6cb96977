"""What a store of notices on their way to nodes promises, whichever database keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.relay.deliveries import MOST_BYTES, MOST_PER_PAGE, Deliveries, DeliveryChange, Due, NoticeRoute
from gateway.relay.delivery_store import DeliveryStore
from gateway.relay.notice_store import NoticeStore
from gateway.relay.queue_store import Queue, QueueStore
from gateway.relay.schema import SCHEMA
from gateway.relay.submissions import AcceptedNotice, Submission
from gateway.strongbox import Strongbox
from server.journal.work import Work
from tests.support.fresh_stores import fresh_work

NODE, OTHER, NOW = "police-1", "court-1", 1000.0


@dataclass(frozen=True)
class Relay:
    """A store of deliveries, the notices that they carry, and a transaction to use both in."""

    work: Work
    deliveries: Deliveries
    notices: NoticeStore
    #: Of the notices that are sent.
    kind: pb.NoticeKind.ValueType = pb.NOTICE_KIND_JUDGMENT

    def send(self, *contents: bytes, person: bytes = b"", judgment: bytes | None = None) -> list[bytes]:
        """Accept notices in one page and put them on their way to NODE; return their digests."""
        digests = [hashlib.sha256(content).digest() for content in contents]
        accepted = [
            AcceptedNotice(d, "court", self.kind, 0, c) for d, c in zip(digests, contents, strict=True)
        ]
        page = Submission("court", "2026-01-15T00:00:00.000000Z", Envelope(), Envelope(), accepted)
        self.notices.keep(self.work, self.notices.prepared(page))
        self.deliveries.add(self.work, [NoticeRoute(d, NODE, 1, judgment, person or d[:16]) for d in digests])
        return digests

    def due(self, now: float = NOW, node: str = NODE) -> list[Due]:
        return self.deliveries.due(self.work.view, node, now)

    def contents(self, now: float = NOW, node: str = NODE) -> list[bytes]:
        return [due.content for due in self.due(now, node)]


@contextmanager
def sqlite(folder: Path) -> Iterator[Relay]:
    """Open a fresh store on SQLite."""
    box = Strongbox(key=b"k" * 32)
    with fresh_work(folder, SCHEMA) as work:
        yield Relay(work, DeliveryStore(strongbox=box), NoticeStore(strongbox=box))


@pytest.fixture(params=[sqlite], ids=["sqlite"])
def relay(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Relay]:
    opened: Callable[[Path], AbstractContextManager[Relay]] = request.param
    with opened(tmp_path) as store:
        yield store


def test_what_is_due_for_a_node_comes_in_the_order_in_which_it_was_accepted(relay: Relay) -> None:
    digests = relay.send(b"first", b"second") + relay.send(b"third")
    assert relay.contents() == [b"first", b"second", b"third"]
    assert [due.digest for due in relay.due()] == digests
    assert relay.contents(node=OTHER) == []
    assert relay.deliveries.nodes_of(relay.work.view, digests[0]) == {NODE}


def test_a_page_is_bounded_by_number_and_by_bytes_and_never_empty(relay: Relay) -> None:
    relay.send(*(str(number).encode() for number in range(MOST_PER_PAGE + 1)))
    assert len(relay.due()) == MOST_PER_PAGE
    relay.deliveries.delivered(relay.work, relay.due())
    relay.deliveries.delivered(relay.work, relay.due())
    large = [bytes([number]) * MOST_BYTES for number in range(2)]
    relay.send(*large)
    assert relay.contents() == large[:1]


@pytest.mark.parametrize("shared", ["person", "judgment"])
def test_what_is_put_off_holds_back_later_ones_of_the_same_person_or_judgment_alone(
    relay: Relay, shared: str
) -> None:
    key = {shared: b"same" * 4}
    relay.send(b"first", **key)
    relay.send(b"second", **key)
    relay.send(b"another")
    relay.deliveries.put_off(relay.work, relay.due()[0], next_at=NOW + 10, reason="BUSY")
    assert relay.contents() == [b"another"]
    assert relay.contents(NOW + 10) == [b"first", b"second", b"another"]
    assert [due.attempts for due in relay.due(NOW + 10)] == [1, 0, 0]


def test_what_is_parked_or_delivered_is_not_due_and_holds_nothing_back(relay: Relay) -> None:
    person = b"same" * 4
    [parked] = relay.send(b"parked", person=person)
    relay.send(b"next", person=person)
    relay.deliveries.put_off(relay.work, relay.due()[0], next_at=NOW + 10, reason="BUSY")
    relay.deliveries.change(relay.work, NODE, [DeliveryChange(parked, pb.DELIVERY_STATE_PARKED, "REFUSED")])
    assert relay.contents() == [b"next"]
    relay.deliveries.delivered(relay.work, relay.due())
    assert relay.contents(NOW + 10) == []


def test_a_change_concerns_one_node_and_undecided_ones_are_listed_page_by_page(relay: Relay) -> None:
    digests = relay.send(b"a", b"b", b"c")
    relay.deliveries.add(relay.work, [NoticeRoute(digest, OTHER, 1, None, digest[:16]) for digest in digests])
    relay.deliveries.change(
        relay.work, NODE, [DeliveryChange(d, pb.DELIVERY_STATE_UNDECIDED) for d in digests]
    )
    view = relay.work.view
    first = relay.deliveries.undecided(view, NODE, 0, 2)
    rest = relay.deliveries.undecided(view, NODE, first[-1][0], 2)
    assert [digest for _, digest in first + rest] == digests
    assert relay.deliveries.undecided(view, OTHER, 0, 2) == []
    assert relay.contents() == []
    assert relay.contents(node=OTHER) == [b"a", b"b", b"c"]


def test_a_page_travels_in_its_senders_envelopes(relay: Relay) -> None:
    relay.send(b"first", b"second")
    relay.send(b"third")
    consignments = relay.notices.consignments(relay.work.view, relay.due())
    assert [list(each.notices) for each in consignments] == [[b"first", b"second"], [b"third"]]


def test_a_queue_has_its_length_and_the_moment_of_its_oldest_and_leaves_out_notices_of_sealing(
    relay: Relay,
) -> None:
    queues = QueueStore()
    replace(relay, kind=pb.NOTICE_KIND_SEALING).send(b"sealing")
    assert queues.queues(relay.work.view) == []
    relay.send(b"first", b"second")
    relay.send(b"third")
    assert queues.queues(relay.work.view) == [Queue(NODE, 3, "2026-01-15T00:00:00.000000Z")]
    relay.deliveries.delivered(relay.work, relay.due())
    assert queues.queues(relay.work.view) == []
