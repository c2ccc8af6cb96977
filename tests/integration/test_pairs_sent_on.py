"""The pair test where an agency has two nodes: what officers make of a received notice does not reach its sender (R45).

Only with two nodes can an officer send a notice on, so that the gateway has stages to keep back. Each of its ways of
doing so is also taken out, to see that the comparison finds what the sender would then be shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from federation.client import Client
from federation.v1 import notice_pb2 as pb
from gateway.relay import tracking_store
from tests.integration.test_notices_between_nodes import SERVERS, Two, founded, judged, server
from tests.integration.test_pairs import of
from tests.support.notices import information, settled, stages
from tests.support.pairs import Subject, differences
from tests.support.playing import newest
from tests.support.recording import Heard, Recorder
from tests.support.records import Someone
from tests.support.waiting import wait_for

TRACK = "/federation.v1.NoticeService/Track"
LEFT = "left"


class Sending:
    """A court that sends notices which fit nothing, and the officer in Beijing who decides about each."""

    def __init__(self, two: Two, recorder: Recorder, gateway: Path) -> None:
        self._recorder, self._store = recorder, gateway / "store.db"
        self._court = two.client("court/client/desk", officer="书记员甲")
        self._officer = two.client("police/client/desk")

    def deliveries(self, digest: bytes) -> dict[str, int]:
        """Return the nodes to which the gateway has delivered the notice, each with whether it may send it on."""
        with closing(sqlite3.connect(self._store)) as store:
            query = "SELECT node, awaited FROM delivery WHERE digest = ? AND state = ?"
            return dict(store.execute(query, (digest, int(pb.DELIVERY_STATE_DELIVERED))).fetchall())

    def played(self, end: str) -> tuple[Subject, list[Heard]]:
        """Return what the court hears of a notice of which the officer makes this, up to then and afterwards."""
        someone = Someone()
        notice = information(judged(someone, "110105", "110105"))
        (receipt,) = self._court.notices.submit([notice])
        digest = receipt.notice
        settled(self._court, [digest])
        ENDS[end](self, digest)
        with self._recorder.listening() as heard:
            for _ in range(2):
                [tracked] = self._court.notices.track([digest])
                newest(self._court)
            self._court.notices.submit([notice])
            self._court.notices.track([digest])
        assert stages(tracked)["gateway-1"] == "accepted"
        return Subject(end, someone, notice.judgment.number.original, "00" * 16), heard

    def left(self, digest: bytes) -> None:
        assert self.deliveries(digest) == {"police-1": 1}

    def refused(self, digest: bytes) -> None:
        self._decide("police-1", pb.Decision(notice=digest, kind=pb.DECISION_KIND_REFUSE, reason="已核对"))
        self._await(digest, {"police-1": 0})

    def sent_on(self, digest: bytes) -> None:
        sending = pb.Decision(
            notice=digest, kind=pb.DECISION_KIND_FORWARD, division="310101", reason="户籍已迁出"
        )
        self._decide("police-1", sending)
        self._await(digest, {"police-1": 0, "police-2": 1})

    def refused_there(self, digest: bytes) -> None:
        self.sent_on(digest)
        self._decide("police-2", pb.Decision(notice=digest, kind=pb.DECISION_KIND_REFUSE, reason="已核对"))
        self._await(digest, {"police-1": 0, "police-2": 0})

    def _decide(self, node: str, decision: pb.Decision) -> None:
        client: Client = self._officer
        client.notices.decide(node, decision)

    def _await(self, digest: bytes, there: Mapping[str, int]) -> None:
        wait_for(
            lambda: self.deliveries(digest),
            lambda found: found == there,
            what="the gateway's look at what officers decided",
        )


ENDS: Mapping[str, Callable[[Sending, bytes], None]] = {
    LEFT: Sending.left,
    "refused": Sending.refused,
    "sent on": Sending.sent_on,
    "sent on and refused there": Sending.refused_there,
}


@pytest.fixture(scope="module")
def sending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sending]:
    home = tmp_path_factory.mktemp("sent-on")
    small, endpoints = founded(home)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        recorder = Recorder()
        recorder.follow(patch)
        for name in SERVERS:
            stack.enter_context(server(small, home, name, endpoints[name]))
        yield Sending(Two(small, stack), recorder, home / "servers" / "gateway-1")


@pytest.fixture(scope="module")
def left(sending: Sending) -> tuple[Subject, list[Heard]]:
    return sending.played(LEFT)


def told(one: tuple[Subject, list[Heard]], other: tuple[Subject, list[Heard]]) -> list[str]:
    kind = one[1][0].server
    return differences(of(one[1], kind, TRACK), of(other[1], kind, TRACK), one[0], other[0])


@pytest.mark.parametrize("end", ENDS)
def test_r45_a_sender_hears_nothing_of_what_officers_make_of_a_received_notice(
    sending: Sending, left: tuple[Subject, list[Heard]], end: str
) -> None:
    assert of(left[1], left[1][0].server, TRACK)
    assert told(left, sending.played(end)) == []


#: What the gateway keeps back -> how it is taken out.
LEAKS: Mapping[str, Callable[[pytest.MonkeyPatch], None]] = {
    "that it was sent on": lambda patch: patch.setattr(tracking_store, "FOLLOWING", frozenset[int]()),
    "who received it after that": lambda patch: patch.setattr(tracking_store, "_giver", lambda page: ""),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_what_the_gateway_keeps_back_would_be_found(
    sending: Sending, left: tuple[Subject, list[Heard]], leak: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    LEAKS[leak](monkeypatch)
    assert told(left, sending.played("sent on"))
