"""What a store of the log, of deferred events and of checkpoints promises, whichever database keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from federation.errors import Corrupt
from federation.evidence.entry import EntryKind, read_body
from federation.evidence.merkle import Frontier
from federation.v1.envelope_pb2 import Envelope
from server.journal.checkpoint_store import CheckpointStore
from server.journal.deferred_store import DeferredStore
from server.journal.entry_store import EntryStore
from server.journal.log import MAX_ATTEMPTS, Log, Once
from server.journal.log_rows import Checkpoints, DeferredEvents, LockedEntry, LogEntries, Use
from server.journal.schema import SCHEMA
from server.journal.view import View
from tests.support.fresh_stores import fresh_connection

AT, KEY = "2026-03-01T10:00:00.000000Z", bytes(32)


@dataclass(frozen=True)
class Kept:
    """The stores of one log, and a transaction to use them in."""

    view: View
    entries: LogEntries
    events: DeferredEvents
    checkpoints: Checkpoints

    def log(self, key: bytes = KEY) -> Log:
        """Return the log over these rows, as after a start."""
        log = Log(body_key=key, entries=self.entries, events=self.events)
        log.restore(self.view)
        return log

    def write(self, log: Log, *numbers: int, once: Once | None = None) -> list[bytes]:
        """Write one entry for each number, the first for the use of a request; return their leaf hashes."""
        pending = log.pending()
        leaves = [
            pending.append(EntryKind.STARTED, at=AT, once=None if place else once, number=number)
            for place, number in enumerate(numbers)
        ]
        log.frontier = log.write(self.view, pending)
        return leaves

    def numbers(self, log: Log, start: int = 0, limit: int = 99) -> list[object]:
        return [read_body(entry.body)["number"] for entry in log.read(self.view, start, limit)]


@contextmanager
def sqlite(folder: Path) -> Iterator[Kept]:
    """Open a fresh store on SQLite."""
    with fresh_connection(folder, SCHEMA) as connection:
        yield Kept(connection, EntryStore(), DeferredStore(), CheckpointStore())


@pytest.fixture(params=[sqlite], ids=["sqlite"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    opened: Callable[[Path], AbstractContextManager[Kept]] = request.param
    with opened(tmp_path) as store:
        yield store


def test_an_empty_log_has_no_last_entry(kept: Kept) -> None:
    assert kept.entries.extent(kept.view) == (0, -1)
    assert kept.log().frontier.root() == Frontier().root()


def test_entries_come_back_in_their_order_page_by_page(kept: Kept) -> None:
    log = kept.log()
    kept.write(log, 1, 2)
    kept.write(log, 3)
    assert kept.entries.extent(kept.view) == (3, 2)
    assert kept.numbers(log) == [1, 2, 3]
    assert kept.numbers(log, 1, 1) == [2]
    assert kept.numbers(log, 3) == []


@pytest.mark.parametrize("size", [1, 2, 7, 8, 13])
def test_after_a_start_the_tree_goes_on_where_it_was(kept: Kept, size: int) -> None:
    log = kept.log()
    kept.write(log, *range(size))
    again = kept.log()
    assert again.frontier.root() == log.frontier.root()
    kept.write(again, size)
    kept.write(log_of := kept.log(), size + 1)
    assert log_of.frontier.size == size + 2


def test_an_entry_that_is_missing_is_noticed_at_the_start(kept: Kept) -> None:
    leaf = LockedEntry(bytes(32), b"body")
    kept.entries.add(kept.view, [(0, bytes(32), leaf), (2, bytes(32), LockedEntry(b"x" * 32, b"body"))])
    with pytest.raises(Corrupt, match="entries are missing"):
        kept.log()


def test_entries_are_found_by_their_leaf_hash(kept: Kept) -> None:
    leaves = kept.write(kept.log(), 1, 2)
    assert [kept.entries.number_of(kept.view, leaf) for leaf in leaves] == [0, 1]
    assert kept.entries.number_of(kept.view, bytes(32)) is None


def test_another_key_reads_no_entry(kept: Kept) -> None:
    kept.write(kept.log(), 1)
    with pytest.raises(Corrupt):
        kept.numbers(kept.log(b"o" * 32))


def test_uses_are_found_one_by_one_and_many_at_once_also_those_of_events(kept: Kept) -> None:
    log, once, later = kept.log(), Once("ab" * 32, b"n" * 16), Once("cd" * 32, b"n" * 16, 2, "justice-1")
    kept.write(log, 1, once=once)
    pending = log.pending()
    pending.defer(EntryKind.PROPOSED, at=AT, once=later)
    log.write(kept.view, pending)
    assert list(kept.entries.uses(kept.view, [once.key()])) == [once.use()]
    assert set(kept.entries.uses(kept.view, [once.key(), later.key(), b"unknown"])) == {
        once.use(),
        Use(later.key(), 2, b"justice-1"),
    }
    assert list(kept.entries.uses(kept.view, [])) == []


def test_a_use_that_is_stored_is_a_replay_after_a_start_but_for_the_next_attempt_through_the_same_server(
    kept: Kept,
) -> None:
    first = Once("ab" * 32, b"n" * 16, via="gateway-1")
    kept.write(kept.log(), 1, once=first)
    next_one = Once(first.keyid, first.nonce, 2, "gateway-1")
    elsewhere = Once(first.keyid, first.nonce, 2, "gateway-2")
    too_late = Once(first.keyid, first.nonce, MAX_ATTEMPTS + 1, "gateway-1")
    asked = [first, next_one, elsewhere, too_late]
    assert kept.log().pending().replays(kept.view, asked) == {0, 2, 3}


def test_events_wait_in_their_order_until_they_are_collected_and_are_in_no_entry(kept: Kept) -> None:
    log, pending = kept.log(), kept.log().pending()
    leaves = [pending.defer(EntryKind.PROPOSED, at=AT, number=number) for number in range(3)]
    log.frontier = log.write(kept.view, pending)
    assert log.frontier.size == 0
    assert kept.events.count(kept.view) == 3
    waiting = list(kept.events.oldest(kept.view))
    assert [event.leaf for _, event in waiting] == leaves
    assert list(kept.events.oldest(kept.view, 2)) == waiting[:2]
    assert [read_body(body)["number"] for body in log.deferred(kept.view)] == [0, 1, 2]
    kept.events.drop(kept.view, waiting[1][0])
    assert [event.leaf for _, event in kept.events.oldest(kept.view)] == leaves[2:]


def test_the_use_of_an_event_stays_known_when_the_event_is_collected(kept: Kept) -> None:
    event = LockedEntry(bytes(32), b"body", Use(b"key", 1, b""))
    kept.events.add(kept.view, [event])
    [(number, _)] = kept.events.oldest(kept.view)
    kept.events.drop(kept.view, number)
    assert list(kept.entries.uses(kept.view, [b"key"])) == [event.use]


def test_one_fixed_time_is_kept_for_the_entries_and_one_for_the_checkpoints(kept: Kept) -> None:
    assert kept.events.collected_at(kept.view) is None
    assert kept.checkpoints.fixed(kept.view) is None
    for at in ("2026-03-01", "2026-03-02"):
        kept.events.set_collected(kept.view, at)
        kept.checkpoints.set_fixed(kept.view, at, Envelope(payload=at.encode()))
    assert kept.events.collected_at(kept.view) == "2026-03-02"
    assert kept.checkpoints.fixed(kept.view) == ("2026-03-02", Envelope(payload=b"2026-03-02"))


def test_a_checkpoint_is_kept_for_each_size(kept: Kept) -> None:
    for size in (9, 4):
        kept.checkpoints.add(kept.view, size, Envelope(payload=bytes([size])))
    assert kept.checkpoints.of_size(kept.view, 4) == Envelope(payload=b"\4")
    assert kept.checkpoints.of_size(kept.view, 5) is None
    assert [each.payload for each in kept.checkpoints.all(kept.view)] == [b"\4", b"\t"]
