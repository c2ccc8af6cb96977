"""What a moment of the protocol of seals that wait consists of, and what a scenario may vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

#: Digests: two numbers of one person, the name with birth date, and another person.
A, B, N, D = 1, 2, 4, 8
NOTHING, WAITS, ACKNOWLEDGED, MARK_GONE = range(4)  # a gateway's row, for Y
IDLE, SENT, TAKEN, HEARD = range(4)  # a hand-over; a delivery uses the first three, and LOST_CALLER
LOST_CALLER = 4
REMEMBERED = 1024


@dataclass(frozen=True)
class Scenario:
    """Who holds what, what is asked, what may fail, and which repairs the protocol has."""

    asked: int = A
    seals: tuple[int, ...] = (A | B,)  # the digests that each of X's proposals names
    #: Y's open copies: the digests of each, and the proposals about the same judgment.
    copies: tuple[tuple[int, tuple[int, ...]], ...] = ((A | B, (0,)),)
    during: tuple[int, ...] = ()  # seals made while the question is under way
    gateways: int = 1
    merged: bool = False  # Y has merged A and B; `merges`: it does so at some step before the question
    merges: bool = False
    activated: bool = False  # Y is suspended, then active, which each party learns at some step
    others_spread: bool = False  # X's bit may be set by seals of other persons
    refuses: bool = False  # X refuses, and its refusal carries nothing
    losses: int = 0
    crashes: int = 0
    restores: int = 0
    # The repairs.
    until_every_gateway: bool = True
    mark_outlives_question: bool = True
    fresh_after_ack: bool = True
    all_candidates: bool = True
    hold_by_links: bool = True
    page_by_links: bool = True
    hold_at_merge: bool = True
    subject_counts: bool = True
    discard_on_failure: bool = True
    count_suspended: bool = True
    sync_at_start: bool = True
    cut_later_seals: bool = True
    one_round_for_both: bool = True
    rounds: int = 3


class State(NamedTuple):
    """One moment; gateways and proposals by position."""

    x_up: bool
    y_up: bool
    up: tuple[bool, ...]
    sealed: tuple[int, ...]  # 0 not yet, 1 before the question began, 2 during it
    x_knows_ack: tuple[bool, ...]
    holds: tuple[int, ...]  # which copies Y holds on each proposal
    hand: tuple[tuple[int, ...], ...]  # X to gateway
    row: tuple[tuple[int, ...], ...]
    delivery: tuple[tuple[int, ...], ...]  # gateway to Y
    merged: bool
    x_page: str  # "" not asked, request, reply, done, unreachable
    x_asked: int
    x_brought: int
    x_bit: bool
    y_page: str  # also: waits (for a delivery)
    y_knew: int  # what was acknowledged here when Y was asked
    y_told: int
    y_digests: int
    wanted: int  # to be delivered before Y is asked
    phase: str  # before, asking, complete, partial
    round: int
    x_sees: bool  # that Y is active
    g_sees: tuple[bool, ...]
    synced: tuple[bool, ...]
    losses: int
    crashes: int
    restores: int


def closed(ids: int, merged: bool) -> int:
    """Return digests with those of a merged person."""
    return ids | A | B if merged and ids & (A | B) else ids


def put(row: tuple, at: int, value: object) -> tuple:  # type: ignore[type-arg]
    """Return `row` with one place changed."""
    return (*row[:at], value, *row[at + 1 :])


def put2(rows: tuple, first: int, second: int, value: object) -> tuple:  # type: ignore[type-arg]
    """Return `rows` with one place of one row changed."""
    return put(rows, first, put(rows[first], second, value))
