"""A courier with nothing to deliver leaves the store alone, and misses nothing by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from gateway.relay.courier import Courier
from gateway.relay.deliveries import Due
from gateway.relay.outbox import DeliveryOutbox


class EmptyStore:
    """Counts how often it is read."""

    def __init__(self) -> None:
        self.read = {"due": 0, "undecided": 0}

    def due(self, node: str, now: float) -> list[Due]:
        self.read["due"] += 1
        return []

    def undecided(self, node: str, after: int) -> list[tuple[int, bytes]]:
        self.read["undecided"] += 1
        return []


def courier_of(store: EmptyStore) -> Courier:
    def unused(*_: object) -> Any:
        raise AssertionError("nothing is due, so nobody is called")

    return Courier(
        node="police-1",
        outbox=cast(DeliveryOutbox, store),
        charter=unused,
        connect=unused,
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        wake=unused,
    )


def test_with_nothing_due_the_store_is_read_once_until_something_comes() -> None:
    store = EmptyStore()
    courier = courier_of(store)
    for _ in range(50):
        assert courier._step() is False
    assert store.read == {"due": 1, "undecided": 1}
    courier.wake()
    courier._step()
    assert store.read["due"] == 2


def test_after_a_clock_set_back_the_store_is_read_all_the_same() -> None:
    store = EmptyStore()
    courier = courier_of(store)
    courier._step()
    courier._due_at += 86_400.0  # as if the day had been read off a clock that was a day fast
    courier._step()
    assert store.read["due"] == 2
