"""What a gateway's store of documents promises, whichever database keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from federation.errors import Corrupt
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.documents import schema as gateway_schema
from gateway.documents.kept import KeptDocument
from gateway.documents.shelf import Shelf, sql_shelf
from gateway.strongbox import Strongbox
from server.journal.work import Work
from tests.support.document_stores import REGISTERED, content_of, transaction

SENDER, NODE, OTHER, NOW = "court", "police-1", "justice-1", 1000.0
HELD, PARTLY, RELEASED = pb.DOCUMENT_STATE_HELD, pb.DOCUMENT_STATE_PARTLY, pb.DOCUMENT_STATE_RELEASED
#: The one notice that is still on its way to some node.
UNDER_WAY = bytes([1]) * 32


@dataclass(frozen=True)
class GatewayDocuments:
    """The stores of a gateway, those of another key over the same rows, and a transaction to use them in."""

    work: Work
    shelf: Shelf
    stranger: Shelf

    def add(self, text: bytes = b"text", state: int = HELD, *, at: float = NOW) -> KeptDocument:
        prepared = self.shelf.documents.prepared(SENDER, content_of(text), state, at)
        self.shelf.documents.add(self.work, prepared)
        return prepared.value

    def announce(self, text: bytes, notice: bytes) -> KeptDocument:
        """Have a notice name a document; return it as it is kept then."""
        new = self.shelf.documents.prepared(SENDER, content_of(text), pb.DOCUMENT_STATE_ANNOUNCED, NOW)
        self.shelf.namings.announce(self.work, notice, new, NOW)
        return self.find(new.value.token)

    def find(self, token: bytes) -> KeptDocument:
        kept = self.shelf.documents.find(self.work.view, token)
        assert kept is not None
        return kept

    def want(
        self, notice: bytes, node: str = NODE, stage: notice_pb2.NoticeStage.ValueType = REGISTERED
    ) -> bool:
        receipt = notice_pb2.NoticeReceipt(notice=notice, stage=stage)
        return self.shelf.carriages.want(self.work, node, [receipt])

    def settled(self) -> list[bytes]:
        return [kept.token for kept in self.shelf.clearing.settled(self.work.view, 9)]

    def abandoned(self, stale: float = NOW + 1, unclaimed: float = NOW + 1) -> dict[bytes, int]:
        found = self.shelf.clearing.abandoned(self.work.view, stale=stale, unclaimed=unclaimed)
        return dict(found)


@contextmanager
def gateway_sqlite(folder: Path) -> Iterator[GatewayDocuments]:
    """Open the fresh stores of a gateway on SQLite."""
    with transaction(folder, gateway_schema.SCHEMA) as work:
        yield GatewayDocuments(work, *(_shelf(key) for key in (b"k" * 32, b"o" * 32)))


def _shelf(key: bytes) -> Shelf:
    return sql_shelf(strongbox=Strongbox(key=key), undelivered=lambda digest: digest == UNDER_WAY)


@pytest.fixture(params=[gateway_sqlite], ids=["sqlite"])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GatewayDocuments]:
    opened: Callable[[Path], AbstractContextManager[GatewayDocuments]] = request.param
    with opened(tmp_path) as store:
        yield store


def test_a_document_is_found_by_the_token_of_its_sender_and_content(gateway: GatewayDocuments) -> None:
    kept, documents, view = gateway.add(), gateway.shelf.documents, gateway.work.view
    assert documents.find(view, documents.token(SENDER, content_of(b"text").sha256)) == kept
    assert kept.berth.content == content_of(b"text")
    assert documents.find(view, documents.token("prison", content_of(b"text").sha256)) is None
    assert documents.state(view, kept.token) == HELD
    assert documents.state(view, bytes(16)) is None


def test_two_documents_have_two_keys_and_another_strongbox_opens_neither(gateway: GatewayDocuments) -> None:
    one, other = gateway.add(b"one"), gateway.add(b"other")
    assert one.berth.key != other.berth.key
    with pytest.raises(Corrupt):
        gateway.stranger.documents.find(gateway.work.view, one.token)


def test_what_is_not_whole_may_be_described_anew_and_keeps_its_key(gateway: GatewayDocuments) -> None:
    kept = gateway.add(state=PARTLY)
    anew = content_of(b"text")
    anew.size = 99
    changed = gateway.shelf.documents.describe_anew(gateway.work, kept, anew)
    assert gateway.find(kept.token) == changed
    assert (changed.berth.content.size, changed.berth.key) == (99, kept.berth.key)


def test_a_notice_announces_a_document_or_claims_the_one_that_is_here(gateway: GatewayDocuments) -> None:
    assert gateway.announce(b"new", b"1" * 32).state == pb.DOCUMENT_STATE_ANNOUNCED
    held = gateway.add(b"here")
    assert gateway.announce(b"here", b"2" * 32) == held
    released = gateway.add(b"gone", RELEASED)
    assert gateway.announce(b"gone", b"3" * 32).state == pb.DOCUMENT_STATE_ANNOUNCED
    assert gateway.find(released.token).berth == released.berth, "it is expected again under its own key"


def test_only_unclaimed_bytes_of_the_sender_count(gateway: GatewayDocuments) -> None:
    one = gateway.add(b"four")
    gateway.add(b"seven..", PARTLY)
    gateway.add(b"released and gone", RELEASED)
    gateway.add(b"claimed")
    gateway.announce(b"claimed", b"1" * 32)
    count = gateway.shelf.namings.unclaimed_bytes
    assert count(gateway.work.view, SENDER, bytes(16)) == 11
    assert count(gateway.work.view, SENDER, one.token) == 7
    assert count(gateway.work.view, "prison", bytes(16)) == 0


def test_a_document_is_due_for_each_node_that_took_a_notice_which_names_it(gateway: GatewayDocuments) -> None:
    kept = gateway.add()
    gateway.announce(b"text", b"1" * 32)
    carriages, view = gateway.shelf.carriages, gateway.work.view
    assert carriages.due(view, NODE, NOW) is None
    assert gateway.want(b"1" * 32)
    assert not gateway.want(b"1" * 32, OTHER, notice_pb2.NOTICE_STAGE_REFUSED), "it refused the notice"
    due = carriages.due(view, NODE, NOW)
    assert due is not None
    assert (due.kept, due.attempts) == (kept, 0)
    assert carriages.due(view, OTHER, NOW) is None
    assert carriages.waiting_nodes(view) == carriages.waiting_nodes(view, kept.token) == {NODE}


def test_a_carriage_that_is_put_off_or_made_is_not_due_and_begins_anew_with_another_notice(
    gateway: GatewayDocuments,
) -> None:
    gateway.add()
    gateway.announce(b"text", b"1" * 32)
    gateway.want(b"1" * 32)
    carriages, work = gateway.shelf.carriages, gateway.work
    due = carriages.due(work.view, NODE, NOW)
    assert due is not None
    carriages.change(work, due, NODE, reason="BUSY", attempts=3, next_at=NOW + 10)
    assert carriages.due(work.view, NODE, NOW) is None
    later = carriages.due(work.view, NODE, NOW + 10)
    assert later is not None
    assert later.attempts == 3
    carriages.change(work, later, NODE, reason="", state=pb.CARRIAGE_STATE_CARRIED)
    assert carriages.due(work.view, NODE, NOW + 10) is None
    assert carriages.waiting_nodes(work.view) == frozenset()
    gateway.announce(b"text", b"2" * 32)
    gateway.want(b"2" * 32)
    again = carriages.due(work.view, NODE, NOW)
    assert again is not None
    assert again.attempts == 0


def test_receipts_come_back_in_their_order_and_the_newest_of_our_own_for_the_whole_document(
    gateway: GatewayDocuments,
) -> None:
    token, receipts, work = gateway.add().token, gateway.shelf.receipts, gateway.work
    given = [
        (pb.DOCUMENT_STAGE_HELD, True, Envelope(payload=b"1")),
        (pb.DOCUMENT_STAGE_HELD, True, Envelope(payload=b"2")),
        (pb.DOCUMENT_STAGE_HELD, False, Envelope(payload=b"3")),
        (pb.DOCUMENT_STAGE_RELEASED, True, Envelope(payload=b"4")),
    ]
    for stage, own, envelope in given:
        receipts.keep(work, receipts.prepared(token, stage, envelope, own=own))
    assert receipts.of(work.view, token) == [envelope for _, _, envelope in given]
    assert receipts.last_held(work.view, token) == Envelope(payload=b"2")
    with pytest.raises(Corrupt):
        gateway.stranger.receipts.of(work.view, token)


def test_a_document_is_settled_when_no_carriage_and_no_notice_of_it_is_under_way(
    gateway: GatewayDocuments,
) -> None:
    kept, carriages, work = gateway.add(), gateway.shelf.carriages, gateway.work
    assert gateway.settled() == [], "nobody has named it"
    gateway.announce(b"text", b"2" * 32)
    gateway.want(b"2" * 32)
    assert gateway.settled() == []
    due = carriages.due(work.view, NODE, NOW)
    assert due is not None
    carriages.change(work, due, NODE, reason="", state=pb.CARRIAGE_STATE_CARRIED)
    assert gateway.settled() == [kept.token]
    assert gateway.shelf.clearing.still_settled(work.view, [kept.token, bytes(16)]) == {kept.token}
    gateway.announce(b"text", UNDER_WAY)
    assert gateway.settled() == []
    gateway.shelf.namings.settle(work, kept.token)
    assert gateway.settled() == [], "settled already, so no notice claims it"


def test_an_upload_and_a_whole_document_are_abandoned_after_times_of_their_own(
    gateway: GatewayDocuments,
) -> None:
    part, whole = gateway.add(b"part", PARTLY), gateway.add(b"whole")
    gateway.add(b"claimed")
    gateway.announce(b"claimed", b"1" * 32)
    assert gateway.abandoned() == {part.token: PARTLY, whole.token: HELD}
    assert gateway.abandoned(unclaimed=NOW) == {part.token: PARTLY}
    assert gateway.abandoned(stale=NOW) == {whole.token: HELD}
    clearing, view = gateway.shelf.clearing, gateway.work.view
    assert clearing.abandoned(view, stale=NOW + 1, unclaimed=NOW + 1, among=[part.token]) == {
        part.token: PARTLY
    }
    assert clearing.states(view, [part.token, whole.token, bytes(16)]) == {
        part.token: PARTLY,
        whole.token: HELD,
    }


def test_a_document_is_forgotten_with_its_receipts_unless_a_notice_names_it(
    gateway: GatewayDocuments,
) -> None:
    gone, named = gateway.add(b"gone"), gateway.add(b"named")
    gateway.announce(b"named", b"1" * 32)
    shelf, work = gateway.shelf, gateway.work
    for kept in (gone, named):
        receipt = shelf.receipts.prepared(kept.token, pb.DOCUMENT_STAGE_HELD, Envelope(), own=True)
        shelf.receipts.keep(work, receipt)
        shelf.clearing.forget(work, kept.token)
    assert shelf.documents.find(work.view, gone.token) is None
    assert shelf.receipts.of(work.view, gone.token) == []
    assert shelf.receipts.of(work.view, named.token) == [Envelope()]
