"""A node that is slow, or stands still, while records are entered: nothing is signed long before it is taken."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from compose.local.layout import node_installation
from federation.client import connection
from federation.client.pacing import GOAL_S, MOST_UNDER_WAY, Pace
from federation.errors import Unavailable
from federation.v1 import record_pb2, registry_pb2
from federation.values import clock
from tests.support.local import LocalFederation
from tests.support.records import open_record
from tests.support.waiting import PATIENCE_S, wait_for

POLICE = node_installation("police")
PAGE = 20


def test_no_page_is_signed_before_the_node_is_about_to_take_it(whole: LocalFederation) -> None:
    made = [open_record("police")[1] for _ in range(60 * PAGE)]
    ahead, outcomes = list[int](), list[registry_pb2.EntryOutcome]()

    def enter() -> None:
        def records() -> Iterator[record_pb2.Record]:
            for number, each in enumerate(made, start=1):
                ahead.append(number - len(outcomes))
                yield each

        with whole.fresh_client("police") as client:
            for outcome in client.register.enter_many("police-1", records(), page=PAGE):
                outcomes.append(outcome)

    entering = threading.Thread(target=enter, daemon=True)
    entering.start()
    wait_for(lambda: len(ahead) > 3 * PAGE, what="the first pages", pause_s=0.001)
    whole.signal(POLICE, signal.SIGSTOP)
    try:
        seen = [0]

        def stands() -> bool:
            """Whether nothing was read since any of the last 40 looks, two seconds at least."""
            seen.append(len(ahead))
            return len(seen) > 40 and len({*seen[-40:]}) == 1

        wait_for(stands, what="the end of reading")
        assert len(ahead) < len(made), "more is read and signed while the node takes nothing"
    finally:
        whole.signal(POLICE, signal.SIGCONT)
    entering.join(PATIENCE_S)
    # Beside the pages under way: one answered, but not yet handed to the caller; the next one, read and not signed.
    assert max(ahead) <= (MOST_UNDER_WAY + 2) * PAGE + 1, "read and signed while the node took nothing"
    assert len(outcomes) == len(made)
    assert all(each.HasField("receipt") for each in outcomes)


def test_a_page_that_arrives_too_late_is_one_to_send_again(
    whole: LocalFederation, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = SimpleNamespace(now=lambda: clock.now() - timedelta(minutes=5))
    with whole.fresh_client("police") as client:
        monkeypatch.setattr(connection, "clock", late)
        with pytest.raises(Unavailable, match="a clock is wrong") as refused:
            list(client.register.enter_many("police-1", [open_record("police")[1]]))
    assert refused.value.reason == "PAGE_LATE"


def test_pages_become_smaller_when_the_server_is_slow_and_larger_again() -> None:
    now = [0.0]
    pace = Pace(200, clock=lambda: now[0])
    pages = pace.pages(range(10_000), lambda _: 1)
    lengths = []
    for seconds_an_item in (0.001, 0.1, 0.1, 1.0, 60.0, 60.0, 0.001, 0.001, 0.001):
        page = next(pages)
        lengths.append(len(page))
        now[0] += seconds_an_item * len(page)
        assert pace.answered() == len(page)
    assert lengths == [200, 200, 100, 100, 10, 1, 1, 2, 4]
    assert GOAL_S * MOST_UNDER_WAY < 60


def test_a_stream_that_has_ended_takes_no_further_page() -> None:
    pace = Pace(1)
    pages = pace.pages(range(9), lambda _: 1)
    taken = [next(pages) for _ in range(MOST_UNDER_WAY)]
    ended = threading.Thread(target=lambda: taken.extend(pages), daemon=True)
    ended.start()
    ended.join(0.2)
    assert ended.is_alive(), "a page beyond what may be under way"
    pace.end()
    ended.join(PATIENCE_S)
    assert not ended.is_alive()
    assert taken == [[0], [1]]
