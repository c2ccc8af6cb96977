"""What a gateway keeps of answers: one recall for each that disclosed what holds no more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from federation.errors import InvalidRequest, NotFound
from federation.v1 import recall_pb2
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.recalling import NODE, RECORD, Gateway


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
