"""The layer that gives each call its place, and the number of places of each kind for a server's size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from federation.errors import Unauthenticated
from federation.transport.call import Call, Layer
from federation.transport.places import Budget, PlaceKind, Places, Share
from federation.values.identity import Installation, Kind

#: Seconds that a single call waits for its place before it is refused.
PATIENCE_S = 5.0
#: Bytes of requests that are processed at one time: of all members, and of one.
BUDGET, MEMBER_BUDGET = 12 * 1024 * 1024, 6 * 1024 * 1024
#: Threads besides those that hold a place or wait for one: a refused call needs one for a moment.
_SPARE = 16


@dataclass(frozen=True, slots=True)
class ServerPlaces:
    """All places of one server."""

    places: Mapping[PlaceKind, Places]
    budget: Budget
    #: How many calls can have a thread at once.
    threads: int


def seating(*, streams: int, unary_workers: int) -> ServerPlaces:
    """Return the places of a server for `streams` lines and `unary_workers` single calls of clients.

    There are half as many places for transfers as for lines, and a quarter as many for health watches and reflection;
    and half as many for calls of servers as for clients' calls. A member has at most three quarters of lines and calls.
    """
    lines = max(1, streams)
    shares = {
        PlaceKind.LINE: Share(lines, max(4, lines * 3 // 4), max(4, lines // 4)),
        PlaceKind.TRANSFER: Share(max(2, lines // 2), max(2, lines // 4), max(2, lines // 4)),
        PlaceKind.INCIDENTAL: Share(max(4, lines // 4), 2, 2),
        PlaceKind.CALL: _calls(max(2, unary_workers)),
        PlaceKind.SERVER_CALL: _calls(max(4, unary_workers // 2)),
    }
    threads = sum(share.most + share.waiting for share in shares.values()) + _SPARE
    places = {kind: Places(kind, share) for kind, share in shares.items()}
    return ServerPlaces(places, Budget(most=BUDGET, member=MEMBER_BUDGET), threads)


def placed(seats: ServerPlaces) -> Layer:
    """Return the layer that refuses a call without a free place by `Exhausted`; it comes inside `restricted`."""

    @contextmanager
    def layer(call: Call) -> Iterator[None]:
        if call.peer is None:
            raise Unauthenticated("nobody has checked who calls", reason="NO_CERTIFICATE")
        with seats.places[_kind(call.place, call.peer)].taken(
            call.peer, call.context, within_s=PATIENCE_S
        ) as held:
            call.held, call.budget = held, seats.budget
            yield

    return layer


def _kind(place: PlaceKind, peer: Installation) -> PlaceKind:
    return PlaceKind.SERVER_CALL if place is PlaceKind.CALL and peer.kind is not Kind.CLIENT else place


def _calls(most: int) -> Share:
    member = max(1, most * 3 // 4)
    return Share(most, member, member, waiting=4 * most, member_waiting=2 * most)
