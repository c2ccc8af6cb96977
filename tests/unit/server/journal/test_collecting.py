"""Events about seals are durable at once, and logged at fixed times by entries of which there are always as many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from federation.evidence.entry import EntryKind, Value, events_of, read_body, salted_leaf
from federation.values.clock import stamp
from server.journal.collecting import MOST_BYTES, EventCollector
from server.journal.log import Once
from server.journal.work import Work
from tests.support.register import RegisterUnderTest

INTERVAL = 600.0
TEN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


@pytest.fixture
def register(tmp_path: Path) -> Iterator[RegisterUnderTest]:
    made = RegisterUnderTest(tmp_path)
    yield made
    made.close()


def look(register: RegisterUnderTest, moment: datetime) -> None:
    """Look once whether a fixed time has come, as a server does that looks at that moment."""
    EventCollector(register.journal, every_s=INTERVAL, now=lambda: moment).step()


def defer(
    register: RegisterUnderTest, count: int = 1, *, once: Once | None = None, reason: str = ""
) -> list[bytes]:
    """Defer so many events in one transaction; return their leaf hashes."""

    def command(work: Work) -> list[bytes]:
        at = stamp(TEN)
        leaves = [work.log.defer(EntryKind.PROPOSED, at=at, number=n, reason=reason) for n in range(count)]
        if once:
            leaves.append(work.log.defer(EntryKind.ACKNOWLEDGED, at=at, once=once))
        return leaves

    return register.journal.run(command).value


def logged(register: RegisterUnderTest) -> list[dict[str, Value]]:
    """Return the entries that collect events."""
    found = [read_body(entry.body) for entry in register.journal.entries(0, 1000)]
    return [entry for entry in found if entry["kind"] == "spreading"]


def test_an_entry_is_written_at_each_fixed_time_whether_or_not_something_happened(
    register: RegisterUnderTest,
) -> None:
    look(register, TEN)
    before = register.journal.size()
    for minutes, events in ((3, 2), (9, 0), (10, 0), (11, 5), (19, 0), (20, 0)):
        if events:
            defer(register, events)
            assert register.journal.size() == before + len(logged(register)) - 1, "events are no entries"
        look(register, TEN + timedelta(minutes=minutes))
    assert [len(events_of(entry)) for entry in logged(register)] == [0, 2, 5]
    assert register.journal.size() == before + 2


def test_events_survive_a_restart_and_keep_their_order_form_and_leaf(register: RegisterUnderTest) -> None:
    look(register, TEN)
    leaves = defer(register, 3, reason="封存")
    register.restarted()
    look(register, TEN + timedelta(minutes=10))
    entry = logged(register)[-1]
    assert [event["number"] for event in events_of(entry)] == [0, 1, 2]
    assert {event["reason"] for event in events_of(entry)} == {"封存"}
    body: Any = entry["events"]
    recomputed = [
        salted_leaf(
            bytes.fromhex(event["salt"]),
            json.dumps(event["entry"], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(),
        )
        for event in body
    ]
    assert recomputed == leaves


def test_no_event_is_logged_twice_and_the_rest_waits_for_the_next_entry(register: RegisterUnderTest) -> None:
    look(register, TEN)
    large = "x" * (MOST_BYTES // 3)
    defer(register, 5, reason=large)
    for minutes in (10, 20, 30, 40):
        look(register, TEN + timedelta(minutes=minutes))
    entries = logged(register)[1:]
    assert [[event["number"] for event in events_of(entry)] for entry in entries] == [[0, 1], [2, 3], [4], []]
    assert [entry["waiting"] for entry in entries] == [3, 1, 0, 0]


def test_an_event_longer_than_an_entry_is_taken_alone(register: RegisterUnderTest) -> None:
    look(register, TEN)
    defer(register, 2, reason="x" * (2 * MOST_BYTES))
    look(register, TEN + timedelta(minutes=10))
    look(register, TEN + timedelta(minutes=20))
    assert [len(events_of(entry)) for entry in logged(register)] == [0, 1, 1]


def test_the_once_of_a_deferred_event_is_used_up_for_ever(register: RegisterUnderTest) -> None:
    once = Once("ab" * 32, bytes(16))

    def used() -> set[int]:
        return register.journal.run(lambda work: work.log.replays(work.view, [once])).value

    look(register, TEN)
    assert used() == set()
    defer(register, once=once)
    assert used() == {0}
    look(register, TEN + timedelta(minutes=10))
    register.restarted()
    assert used() == {0}
