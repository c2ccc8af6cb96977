"""Notices survive: servers killed and lines cut at random, and every accepted notice ends once, in one way.

The notices are made of the demo's real outcomes. HUTONG_TEST_NOTICES sets how many (20,000 for the long run).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

import pytest

from compose.demo.notices import notices_of
from compose.demo.outcomes import SUPPLIED, read_outcomes
from compose.local.layout import node_installation
from federation.errors import HutongError
from federation.notices.receipts import Tracked
from federation.v1 import notice_pb2 as pb
from tests.support.killing import Killer, hand_in
from tests.support.lines import breaking_lines
from tests.support.local import LocalFederation
from tests.support.waiting import PATIENCE_S, wait_for

NOTICES = int(os.environ.get("HUTONG_TEST_NOTICES", "1000"))
PAGE, FEWEST_KILLS, FEWEST_CUTS = 50, 6, 20
#: What a register can say of a notice in the end, or while an officer has to decide.
ENDS = {
    pb.NOTICE_STAGE_REGISTERED,
    pb.NOTICE_STAGE_RECEIVED,
    pb.NOTICE_STAGE_CONFLICT,
    pb.NOTICE_STAGE_REFUSED,
}


def pages(made: Iterator[tuple[str, pb.Notice]]) -> Iterator[tuple[str, list[pb.Notice]]]:
    """Group by sender, a judgment always handed in before what follows it."""
    waiting: dict[str, list[pb.Notice]] = {"court": [], "prison": [], "county_justice": []}
    for sender, notice in made:
        waiting[sender].append(notice)
        if len(waiting["court"]) == PAGE:
            for name, page in waiting.items():
                if page:
                    yield name, page
                waiting[name] = []
    yield from ((name, page) for name, page in waiting.items() if page)


@pytest.mark.timeout(1800 + NOTICES // 2)
def test_r30_every_accepted_notice_ends_exactly_once_though_servers_are_killed_and_lines_cut(
    whole: LocalFederation,
) -> None:
    rows = list(islice(read_outcomes(SUPPLIED), 3000))
    made = islice(notices_of(rows, 1 + NOTICES // 3000, seed=7000), NOTICES)
    accepted: dict[str, dict[bytes, pb.NoticeReceipt]] = {}
    refused = 0
    with breaking_lines(whole, seed=29) as lines, Killer(whole, seed=23, start=lines.start) as killer:
        for sender, page in pages(made):
            for receipt in hand_in(whole, sender, page):
                if receipt.stage == pb.NOTICE_STAGE_ACCEPTED:
                    accepted.setdefault(sender, {})[receipt.notice] = receipt
                else:
                    assert receipt.stage == pb.NOTICE_STAGE_REFUSED
                    refused += 1
            killer.pause()
        killer.go_on_until(FEWEST_KILLS)
        lines.go_on_until(FEWEST_CUTS)
    assert len(killer.killed) > 1
    whole.up()
    tracked = [t for sender, notices in accepted.items() for t in drained(whole, sender, list(notices))]
    assert len(tracked) == sum(map(len, accepted.values()))
    assert refused < len(tracked) / 4
    ends = insist_one_end(tracked)
    assert ends[pb.NOTICE_STAGE_REGISTERED] > 0.9 * sum(ends.values())
    insist_receipts_agree(whole, tracked)


def drained(federation: LocalFederation, sender: str, notices: Sequence[bytes]) -> list[Tracked]:
    """Wait until nothing is on its way, and return all stages."""
    done = []
    with federation.fresh_client(sender) as client:
        for start in range(0, len(notices), 200):
            wanted = notices[start : start + 200]
            done += wait_for(
                lambda wanted=wanted: client.notices.track(wanted),  # type: ignore[misc]
                lambda found: all(d.state != pb.DELIVERY_STATE_WAITING for t in found for d in t.deliveries),
                what="the end of the backlog",
                seconds=PATIENCE_S + NOTICES / 10,
                pause_s=0.2,
            )
    return done


def insist_one_end(tracked: Sequence[Tracked]) -> Counter[int]:
    """Every notice has exactly one receipt from each node it was addressed to; none is parked."""
    ends: Counter[int] = Counter()
    for each in tracked:
        wanted = {a.node for a in each.stages[0][1].addressees}
        assert {d.node for d in each.deliveries} == wanted
        assert not [d for d in each.deliveries if d.state == pb.DELIVERY_STATE_PARKED], each.deliveries
        senders = Counter(who.rpartition("/")[2] for who, _ in each.stages[1:])
        assert senders == Counter(wanted), (each.notice.hex(), senders)
        for _, receipt in each.stages[1:]:
            assert receipt.stage in ENDS
            ends[receipt.stage] += 1
    return ends


def insist_receipts_agree(federation: LocalFederation, tracked: Sequence[Tracked]) -> None:
    """What the police node's receipts say is what it holds: each version once, and its log has the entry."""
    chance, police = random.Random(5), federation.client("police")
    entries = federation.node_entries("police")
    changed = Counter((e["record"], e["version"]) for e in entries if e["kind"] in ("entered", "amended"))
    assert max(changed.values()) == 1
    stages = [
        r
        for t in tracked
        for who, r in t.stages[1:]
        if who == "police/node/police-1" and r.record_id  # only receipts of judgments name one
    ]
    assert all((r.record_id, r.version) in changed for r in stages)
    for receipt in chance.sample(stages, min(60, len(stages))):
        with suppress(HutongError):  # sealed ones are not shown
            events = police.register.history("police-1", receipt.record_id)
            (event,) = [e for e in events if e.version == receipt.version]
            assert event.provenance.digest == receipt.record_digest


def test_a_node_that_was_down_catches_up_in_order(whole: LocalFederation) -> None:
    rows = list(islice(read_outcomes(SUPPLIED), 400, 500))
    police = node_installation("police")
    whole.down(police)
    sent: dict[str, list[bytes]] = {}
    try:
        for sender, page in pages(notices_of(rows, 1, seed=9000)):
            for receipt in hand_in(whole, sender, page):
                if receipt.stage == pb.NOTICE_STAGE_ACCEPTED:
                    sent.setdefault(sender, []).append(receipt.notice)
        with whole.fresh_client("court") as client:
            waiting = client.notices.track(sent["court"][:50])
            assert all(
                d.state == pb.DELIVERY_STATE_WAITING
                for t in waiting
                for d in t.deliveries
                if d.node == "police-1"
            )
    finally:
        whole.up(police)
    releases = [t for s in sent if s != "court" for t in drained(whole, s, sent[s])]
    assert releases
    at_police = [r for t in releases for who, r in t.stages if who.endswith("police-1")]
    assert {r.stage for r in at_police} == {pb.NOTICE_STAGE_REGISTERED}
