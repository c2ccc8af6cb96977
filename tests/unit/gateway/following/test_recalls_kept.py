"""What node and gateway keep of answers: nothing told is missed by a recall, nothing that told nothing is recalled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import node.disclosures.schema
from federation.charter.envelope import GATEWAY as TO_GATEWAY
from federation.charter.envelope import OpenedStatement, make_statement, open_statement
from federation.errors import InvalidRequest, NotFound
from federation.law.disclosure import Reach, Ruling
from federation.record.fields import CO_OFFENDERS
from federation.statements.asking import CheckedQuestion
from federation.statements.methods import ACKNOWLEDGE_RECALLS, HAND_IN_RECALLS, LIST_RECALLS, TRACK_RECALLS
from federation.statements.recalls import read_recalls
from federation.v1 import lookup_pb2, query_pb2, recall_pb2, record_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import OrganClass, Role
from gateway.following import schema
from gateway.following.caused_recall_store import CausedRecallStore
from gateway.following.cursors import Cursors
from gateway.following.disclosed_store import DisclosedAnswers
from gateway.following.member_recall_store import MemberRecallStore
from gateway.following.recall_store import RecallStore
from gateway.following.recalling import RecallMaker
from gateway.following.showing import RecallLists
from gateway.strongbox import Strongbox
from node.disclosures import disclosures as at_node
from node.disclosures.disclosures import Disclosures
from node.disclosures.waiting_store import gateways_to_tell, handed_in, waiting_for
from node.store.vault import Vault
from server.journal.journal import Journal, open_journal
from server.opening import Act
from tests.support.federation import FEDERATION, GATEWAY, SmallFederation

NODE, COURT, POLICE = "police/node/police-1", "court/client/desk", "police/client/desk"
JUDGMENT = b"j" * 16
RECORD = os.urandom(16)
START = datetime.now(UTC)


def asked() -> CheckedQuestion:
    query = query_pb2.Query(purpose=query_pb2.PURPOSE_CASE)
    return CheckedQuestion(query, OrganClass.COURT, Ruling(True, "full", ()), Reach())


class Gateway:
    """What a gateway keeps, on a real store, under a clock that is set by hand."""

    def __init__(self, home: Path, federation: SmallFederation, stack: ExitStack) -> None:
        self.federation, self.charter, self.now = federation, federation.charter(), START
        signer = federation.party(GATEWAY).signer
        self.journal: Journal = stack.enter_context(
            open_journal(
                home / "store.db",
                body_key=os.urandom(32),
                charter=self.charter,
                signer=signer,
                now=self.time,
                schemas=[schema.SCHEMA],
            )
        )
        box = Strongbox(key=os.urandom(32))
        self.disclosed = DisclosedAnswers(strongbox=box)
        common: dict[str, Any] = {
            "journal": self.journal,
            "charter": lambda: self.charter,
            "now": self.time,
        }
        self.recalling = RecallMaker(disclosed=self.disclosed, store=RecallStore(strongbox=box), **common)
        self.showing = RecallLists(
            signer=signer,
            recalls=MemberRecallStore(strongbox=box),
            caused=CausedRecallStore(strongbox=box),
            cursors=Cursors(strongbox=box),
            **common,
        )

    def time(self) -> datetime:
        return self.now

    def opened(
        self, installation: str, method: str, body: bytes, role: Role
    ) -> tuple[OpenedStatement, Envelope]:
        envelope = make_statement(
            signer=self.federation.party(installation).signer,
            federation=FEDERATION,
            method=method,
            destination=TO_GATEWAY,
            officer="王警官",
            body=body,
            charter_version=self.charter.version,
            now=START,
        )
        opened = open_statement(
            envelope, self.charter, method=method, destination=TO_GATEWAY, role=role, now=START
        )
        return opened, envelope

    def answered(self, *shown: bytes, request: bytes | None = None) -> bytes:
        """Account for an answer to the court that told of these records of police-1."""
        question, _ = self.opened(COURT, "/federation.v1.QueryService/Ask", os.urandom(20), Role.ASKS)
        answer = query_pb2.Answer(answer_id=os.urandom(16).hex(), answered_at="2026-01-01T00:00:00.000000Z")
        facets = [
            query_pb2.FacetReference(node="police-1", record_id=record.hex(), version=1) for record in shown
        ]
        disclosed = self.disclosed.prepared(question, asked(), answer, facets)
        self.journal.run(lambda work: self.disclosed.keep(work, disclosed))
        return question.digest

    def hand_in(self, *superseded: tuple[bytes, bytes], node: str = NODE) -> list[int]:
        page = recall_pb2.SupersededPage(
            told=[recall_pb2.Superseded(request_digest=r, record_id=record.hex()) for r, record in superseded]
        )
        opened, _ = self.opened(node, HAND_IN_RECALLS, page.SerializeToString(), Role.ANSWERS)
        return self.recalling.hand_in(page, Act.by(opened))

    def listed(self, **options: Any) -> list[recall_pb2.Recall]:
        wanted = recall_pb2.RecallFilter(limit=options.pop("limit", 200), **options)
        opened, _ = self.opened(COURT, LIST_RECALLS, wanted.SerializeToString(), Role.ASKS)
        page = self.showing.listed(wanted, Act.by(opened))
        return list(read_recalls(page, self.charter, "court", now=self.now + timedelta(days=1)).recalls)

    def acknowledge(self, *recall_ids: str) -> None:
        body = recall_pb2.RecallAcknowledgement(recall_ids=recall_ids)
        opened, envelope = self.opened(COURT, ACKNOWLEDGE_RECALLS, body.SerializeToString(), Role.ASKS)
        self.showing.acknowledge(body, Act.by(opened), envelope)

    def tracked(self, **options: Any) -> list[recall_pb2.RecallTrack]:
        wanted = recall_pb2.RecallFilter(limit=200, **options)
        opened, _ = self.opened(POLICE, TRACK_RECALLS, wanted.SerializeToString(), Role.REGISTERS)
        return self.showing.tracked(wanted, Act.by(opened))


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    endpoints = {NODE: "localhost:1", GATEWAY: "localhost:2"}
    return SmallFederation(tmp_path_factory.mktemp("small"), endpoints=endpoints)


@pytest.fixture
def gateway(tmp_path: Path, federation: SmallFederation) -> Iterator[Gateway]:
    with ExitStack() as stack:
        yield Gateway(tmp_path, federation, stack)


def test_r45_one_recall_an_answer_however_often_and_by_whomever_it_is_handed_in(gateway: Gateway) -> None:
    other = os.urandom(16)
    request = gateway.answered(RECORD, other)
    for superseded in ((request, RECORD), (request, RECORD), (request, other)):
        assert gateway.hand_in(superseded) == []
    (recall,) = gateway.listed()
    assert recall.request_digest == request
    assert {track.record_id for track in gateway.tracked()} == {RECORD.hex(), other.hex()}


def test_r45_what_an_answer_did_not_tell_of_recalls_nothing(gateway: Gateway) -> None:
    request = gateway.answered(RECORD)
    assert gateway.hand_in((request, os.urandom(16)), (os.urandom(32), RECORD)) == []
    assert gateway.listed() == []
    assert gateway.tracked() == []


def test_a_node_recalls_its_own_records_only(gateway: Gateway) -> None:
    request = gateway.answered(RECORD)
    assert gateway.hand_in((request, RECORD), node="justice/node/justice-1") == []
    assert gateway.listed() == []
    for bad in ([(b"x", RECORD)], [(request, b"x")], [(request, RECORD)] * 201):
        with pytest.raises(InvalidRequest):
            gateway.hand_in(*bad)


def test_r45_a_question_that_is_still_being_answered_is_handed_in_again(gateway: Gateway) -> None:
    """Told by the node, changed there, and only then answered by the gateway: the answer is recalled after all."""
    request = os.urandom(32)
    with gateway.disclosed.answering(request):
        assert gateway.hand_in((os.urandom(32), RECORD), (request, RECORD)) == [1]
    assert gateway.hand_in((request, RECORD)) == []


def test_r47_who_does_not_acknowledge_is_overdue_from_the_day_after(gateway: Gateway) -> None:
    early, late = gateway.answered(RECORD), gateway.answered(RECORD)
    gateway.hand_in((early, RECORD), (late, RECORD))
    recalls = {recall.request_digest: recall for recall in gateway.listed()}
    due = datetime.fromisoformat(recalls[late].due_on).replace(hour=12, tzinfo=UTC)
    gateway.now = due - timedelta(hours=1)
    assert gateway.tracked(overdue_only=True) == []
    gateway.acknowledge(recalls[early].recall_id)
    gateway.now = due + timedelta(days=1)
    (track,) = gateway.tracked(overdue_only=True)
    assert (track.request_digest, track.member, track.late_days) == (late, "court", 1)
    assert [r.request_digest for r in gateway.listed(overdue_only=True)] == [late]
    (figures,) = gateway.recalling.figures()
    assert (figures.recalls, figures.acknowledged, figures.overdue) == (2, 1, 1)
    gateway.now = due + timedelta(days=9)
    gateway.acknowledge(recalls[late].recall_id)
    assert gateway.tracked(overdue_only=True) == []
    assert {t.late_days for t in gateway.tracked(acknowledged_too=True)} == {0, 9}


def test_r66_the_figures_count_every_overdue_recall(gateway: Gateway) -> None:
    told = [gateway.answered(RECORD) for _ in range(3)]
    gateway.hand_in(*((request, RECORD) for request in told))
    gateway.now += timedelta(days=40)
    (figures,) = gateway.recalling.figures()
    assert (figures.recalls, figures.acknowledged, figures.overdue) == (3, 0, 3)


def test_recalls_come_in_pages_none_left_out(gateway: Gateway) -> None:
    requests = [gateway.answered(RECORD) for _ in range(7)]
    gateway.hand_in(*((request, RECORD) for request in requests))
    seen: list[recall_pb2.Recall] = []
    while page := gateway.listed(limit=3, after=seen[-1].number if seen else 0):
        seen += page
    assert [recall.request_digest for recall in seen] == requests
    with pytest.raises(NotFound):
        gateway.acknowledge(seen[0].recall_id, "f" * 32)
    with pytest.raises(InvalidRequest, match="after"):
        gateway.listed(after=2**63)


def test_r45_numbers_of_recalls_do_not_tell_how_many_others_there_are(gateway: Gateway) -> None:
    """Whoever has two recalls learns nothing of those in between, of its own number or of anybody else's."""
    requests = [gateway.answered(RECORD) for _ in range(40)]
    gateway.hand_in(*((request, RECORD) for request in requests))
    numbers = [recall.number for recall in gateway.listed()]
    assert len({*numbers}) == 40
    assert numbers not in (sorted(numbers), sorted(numbers, reverse=True))
    assert min(abs(a - b) for a, b in pairwise(sorted(numbers))) > 1_000_000
    tracks = [track.number for track in gateway.tracked(acknowledged_too=True)]
    assert not {*numbers} & {*tracks}, "the owner sees other numbers than the member"
    for after in (numbers[0] + 1, tracks[0], 1, 2**64 - 1):
        with pytest.raises(InvalidRequest, match="after"):
            gateway.listed(after=after)


class Node:
    """A node's memory of what it told, on a real store."""

    def __init__(self, home: Path, federation: SmallFederation, stack: ExitStack) -> None:
        signer = federation.party(NODE).signer
        self.journal = stack.enter_context(
            open_journal(
                home / "store.db",
                body_key=os.urandom(32),
                charter=federation.charter(),
                signer=signer,
                now=lambda: START,
                schemas=[node.disclosures.schema.SCHEMA],
            )
        )
        self.disclosures = Disclosures(
            vault=Vault(key=os.urandom(32), purpose="disclosure"), judgments=lambda _: [JUDGMENT]
        )

    def tell(
        self,
        opened: OpenedStatement,
        version: int,
        *,
        looked_up_at: float,
        text: str = "",
        then: Callable[[Any], None] = lambda _: None,
    ) -> None:
        """Account for an answer, and `then` do something else in the same transaction."""
        facet = record_pb2.Facet(record_id=RECORD.hex(), version=version)
        facet.record.extensions.update({CO_OFFENDERS: text} if text else {})
        answer = lookup_pb2.NodeAnswer(request_digest=opened.digest, facets=[facet])

        def command(work: Any) -> None:
            self.disclosures.add(
                work, answer, opened, asked(), attempt=1, via=GATEWAY, at=START, looked_up_at=looked_up_at
            )
            then(work)

        self.journal.run(command)

    def change(self, version: int, *, superseded: bool) -> None:
        self.journal.run(
            lambda work: self.disclosures.changed(work, RECORD, version, START, superseded=lambda: superseded)
        )

    def close_texts(self) -> None:
        self.journal.run(lambda work: self.disclosures.texts_closed(work, [JUDGMENT, None], START))

    def waiting(self) -> int:
        with self.journal.reading() as connection:
            return sum(len(waiting_for(connection, via, 100)) for via in gateways_to_tell(connection))


@pytest.fixture
def teller(tmp_path: Path, federation: SmallFederation) -> Iterator[tuple[Node, OpenedStatement]]:
    with ExitStack() as stack:
        gateway = Gateway(tmp_path, federation, stack)
        question, _ = gateway.opened(COURT, "/federation.v1.QueryService/Ask", b"x", Role.ASKS)
        folder = tmp_path / "node"
        folder.mkdir()
        yield Node(folder, federation, stack), question


def test_what_is_told_waits_to_be_handed_in_once_it_holds_no_more(
    teller: tuple[Node, OpenedStatement],
) -> None:
    node, question = teller
    node.tell(question, 1, looked_up_at=float("inf"))
    node.change(2, superseded=False)
    assert node.waiting() == 0
    node.change(3, superseded=True)
    assert node.waiting() == 1
    with node.journal.reading() as connection:
        rows = waiting_for(connection, GATEWAY, 10)
        (told_to,) = node.disclosures.of(connection, RECORD)
    assert (told_to.installation, told_to.version, told_to.recalled) == (COURT, 1, True)
    node.journal.run(lambda work: handed_in(work, rows))
    assert node.waiting() == 0
    node.change(4, superseded=True)
    assert node.waiting() == 0


def test_r45_what_changed_between_look_up_and_answer_is_recalled_at_once(
    teller: tuple[Node, OpenedStatement],
) -> None:
    node, question = teller
    node.change(2, superseded=True)  # nobody has been told yet
    node.tell(question, 1, looked_up_at=float("inf"))
    assert node.waiting() == 1


def test_r41_r45_a_text_that_closed_between_look_up_and_answer_is_recalled_at_once(
    teller: tuple[Node, OpenedStatement],
) -> None:
    node, question = teller
    node.close_texts()
    node.tell(question, 1, looked_up_at=float("inf"), text="张三")
    assert node.waiting() == 0, "looked up after the seal, it shows what it may show"
    node.close_texts()
    assert node.waiting() == 1


@pytest.mark.parametrize(("text", "recalled"), [("张三", 1), ("", 0)])
def test_r41_r45_only_who_was_shown_a_text_hears_that_it_closed(
    teller: tuple[Node, OpenedStatement], text: str, recalled: int
) -> None:
    node, question = teller
    node.close_texts()
    node.tell(question, 1, looked_up_at=0.0, text=text)
    assert node.waiting() == recalled


def test_r45_a_closing_beyond_memory_is_a_recall_rather_than_a_miss(
    teller: tuple[Node, OpenedStatement], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, question = teller
    monkeypatch.setattr(at_node, "MOST_CHANGES", 0)
    node.close_texts()
    node.tell(question, 1, looked_up_at=0.0, text="张三")
    assert node.waiting() == 1


@pytest.mark.parametrize("how", ["changed", "closed"])
def test_r45_what_changes_in_the_transaction_of_the_answer_is_recalled_too(
    teller: tuple[Node, OpenedStatement], how: str
) -> None:
    """Commands share transactions: the change may come right after the answer, before anything is written."""
    node, question = teller

    def then(work: Any) -> None:
        if how == "changed":
            node.disclosures.changed(work, RECORD, 2, START, superseded=lambda: True)
        else:
            node.disclosures.texts_closed(work, [JUDGMENT], START)

    node.tell(question, 1, looked_up_at=float("inf"), text="张三", then=then)
    assert node.waiting() == 1


def test_r45_what_may_have_changed_beyond_memory_is_recalled_rather_than_missed(
    teller: tuple[Node, OpenedStatement], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, question = teller
    monkeypatch.setattr(at_node, "MOST_CHANGES", 0)
    node.change(2, superseded=True)
    node.tell(question, 2, looked_up_at=0.0)
    assert node.waiting() == 1
