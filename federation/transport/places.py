"""Places for calls: how many are served at once, and how many of them one member or installation may hold.

A call holds a thread as long as it lasts, so a caller could take the threads away from all others. Each kind of
call therefore has its own places: neither health watches nor uploads can take those of the gateways' lines. Within a
kind no member can hold all of them. This state belongs to the server's layers and outlives single gRPC servers.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from federation.errors import Exhausted
from federation.values.identity import Installation

K = TypeVar("K")

#: Seconds after which a call whose request has not arrived may lose its place to a waiting call.
UNSENT_S = 10.0
#: Seconds after which a refused caller may try again.
COME_BACK_S = 2.0


class PlaceKind(StrEnum):
    """The kinds of places; the table of access names one for each rpc."""

    #: A single call of a client.
    CALL = "single call"
    #: A single call of a node or gateway; never named by a row, because their `CALL`s are counted here.
    SERVER_CALL = "single call of a server"
    #: The long-lived stream of pages from a gateway.
    LINE = "line"
    #: A stream that ends with its content: entries, documents.
    TRANSFER = "transfer"
    #: Health watches and reflection: useful, never essential.
    INCIDENTAL = "health watch or reflection stream"


class Holder(Protocol):
    """A call that holds a place."""

    def cancel(self) -> object:
        """End the call now."""


@dataclass(eq=False, slots=True)
class Held:
    """One place that is held; `arrived` becomes true when the call's request has arrived."""

    peer: Installation
    holder: Holder
    since: float
    arrived: bool = False


@dataclass(eq=False, slots=True)
class _PlaceRequest:
    held: Held
    granted: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Share:
    """How many places of one kind there are, and how many calls may wait for one."""

    most: int
    member: int
    installation: int
    waiting: int = 0
    member_waiting: int = 0


class Places:
    """The places of one kind."""

    def __init__(self, kind: PlaceKind, share: Share) -> None:
        self._kind, self._share = kind, share
        self._lock = threading.Lock()
        self._held: set[Held] = set()
        self._members: Counter[str] = Counter()
        self._installations: Counter[Installation] = Counter()
        self._waiting: list[_PlaceRequest] = []

    @contextmanager
    def taken(self, peer: Installation, holder: Holder, *, within_s: float) -> Iterator[Held]:
        """Hold a place inside the context; calls of a kind that may wait queue for one.

        Raises `Exhausted` when none is free, or if none became free within `within_s` seconds.
        """
        held = Held(peer, holder, time.monotonic())
        waiting = self._enter(held)
        if waiting is not None and not waiting.granted.wait(within_s):
            with self._lock:
                if not waiting.granted.is_set():
                    self._waiting.remove(waiting)
                    raise self._full(peer)
        try:
            yield held
        finally:
            self._leave(held)

    def _enter(self, held: Held) -> _PlaceRequest | None:
        """Take a place, or a position in the queue."""
        with self._lock:
            if self._free(held.peer):
                self._grant(held)
                return None
            self._end_one_unsent()
            member = held.peer.member
            before = sum(each.held.peer.member == member for each in self._waiting)
            if len(self._waiting) >= self._share.waiting or before >= self._share.member_waiting:
                raise self._full(held.peer)
            waiting = _PlaceRequest(held)
            self._waiting.append(waiting)
            return waiting

    def _leave(self, held: Held) -> None:
        with self._lock:
            self._held.remove(held)
            _take_away(self._members, str(held.peer.member))
            _take_away(self._installations, held.peer)
            for waiting in self._waiting:
                if self._free(waiting.held.peer):
                    self._waiting.remove(waiting)
                    self._grant(waiting.held)
                    waiting.granted.set()
                    return

    def _free(self, peer: Installation) -> bool:
        return (
            len(self._held) < self._share.most
            and self._members[peer.member] < self._share.member
            and self._installations[peer] < self._share.installation
        )

    def _grant(self, held: Held) -> None:
        held.since = time.monotonic()
        self._held.add(held)
        self._members[held.peer.member] += 1
        self._installations[held.peer] += 1

    def _end_one_unsent(self) -> None:
        """End the oldest call whose request is overdue, because it keeps others waiting."""
        limit = time.monotonic() - UNSENT_S
        unsent = [held for held in self._held if not held.arrived and held.since < limit]
        if unsent:
            min(unsent, key=lambda held: held.since).holder.cancel()

    def _full(self, peer: Installation) -> Exhausted:
        share = self._share
        return Exhausted(
            f"no place is free for another {self._kind} of {peer}: at most {share.most} are served at once, "
            f"{share.member} of a member and {share.installation} of an installation; come back shortly",
            retry_after_s=COME_BACK_S,
        )


class Budget:
    """The bytes of requests that are parsed and processed at one time, for all members together and for each."""

    def __init__(self, *, most: int, member: int) -> None:
        self._most, self._member = most, member
        self._condition = threading.Condition()
        self._used: Counter[str] = Counter()

    @contextmanager
    def spent(self, peer: Installation, size: int, *, within_s: float) -> Iterator[None]:
        """Hold `size` bytes inside the context, after waiting for them.

        Raises `Exhausted` when they do not become free within `within_s` seconds.
        """
        member = str(peer.member)
        with self._condition:
            if not self._condition.wait_for(lambda: self._fits(member, size), within_s):
                raise Exhausted(
                    f"requests of {self._used[member]} bytes of {member} are being worked on; come back shortly",
                    retry_after_s=COME_BACK_S,
                )
            self._used[member] += size
        try:
            yield
        finally:
            with self._condition:
                _take_away(self._used, member, size)
                self._condition.notify_all()

    def _fits(self, member: str, size: int) -> bool:
        return self._used[member] + size <= self._member and self._used.total() + size <= self._most


def _take_away(counter: Counter[K], key: K, many: int = 1) -> None:
    """Count down, and remove a key that has reached zero."""
    counter[key] -= many
    if not counter[key]:
        del counter[key]
