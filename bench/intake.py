"""Notices: accepted durably at one gateway, registered at the nodes, and a backlog that drains in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count, islice

from bench.federation import Federation, measuring, running, running_pids
from bench.report import Figure, Measured
from compose.demo.notices import case_notices
from compose.demo.outcomes import SUPPLIED, read_outcomes
from compose.demo.synthesis import case_of
from compose.local import local
from compose.local.layout import GATEWAY
from federation.client import Client
from federation.law import sealing
from federation.record.facts import facts_of
from federation.v1 import notice_pb2 as pb

SENDERS = ("court", "prison", "county_justice")
PAGE = 500
#: The demo makes every third offender a minor, to have seals to show; of these one in so many is sent here.
MINORS_ONE_IN = 10
#: Seconds without one more notice at its end after which the bench gives up.
PATIENCE_S = 60.0

_Page = tuple[str, list[pb.Notice]]


def measure(*, quick: bool) -> Measured:
    """Accept with the nodes down, start them and let the backlog drain; then send with all of them up."""
    backlog, more = (4_000, 2_000) if quick else (200_000, 10_000)
    made = pages()
    with running("gateway-1") as federation, ExitStack() as stack:
        clients = {
            m: stack.enter_context(Client.open(federation.description, m, officer="书记员甲"))
            for m in (*SENDERS, "interconnect")
        }
        send(clients, take(made, 2 * PAGE))
        waiting = take(made, backlog)
        with measuring(federation) as accepting:
            accepted = send(clients, waiting)
        full = federation.memory("gateway-1")
        local.up(federation.layout.home)
        whole = Federation(federation.layout, running_pids(federation.layout.home))
        left = _first_delivered(
            clients["interconnect"]
        )  # couriers pause up to half a minute for a node that was down
        with measuring(whole) as draining:
            most = drained(whole, clients)
        arriving = take(made, more)
        with measuring(whole) as spent:
            sent = send(clients, arriving)
            drained(whole, clients)
    return Measured(
        "intake",
        [
            Figure("notices accepted, nodes down", accepted / accepting.seconds, "notices/s", 3000,
                   note=f"{accepted:,} in signed pages of up to {PAGE}, two at a time"),
            Figure("backlog drained", left / draining.seconds, "deliveries/s", note=f"{left:,} at all nodes"),
            Figure("gateway grew while draining", most - full, "MB", 50, "less", note=f"from {full:.0f} MB"),
            Figure("notices end to end", sent / spent.seconds, "notices/s", 1000, note="sent to registered everywhere"),
        ],
        spent.cpu,
        (*accepting.remarks(), *spent.remarks()),
    )  # fmt: skip


def pages() -> Iterator[_Page]:
    """Yield pages of notices of one sender each, for ever: judgments of other persons, then what ended them."""
    cases = _cases()
    while True:
        waiting: dict[str, list[pb.Notice]] = {sender: [] for sender in SENDERS}
        for case in islice(cases, PAGE):
            for sender, notice in case:
                waiting[sender].append(notice)
        yield from ((sender, page) for sender, page in waiting.items() if page)


def _cases() -> Iterator[list[tuple[str, pb.Notice]]]:
    """Yield the notices of a case, for ever, each case of another person."""
    rows, minors = list(read_outcomes(SUPPLIED)), 0
    for turn in count(1):
        for row in rows:
            notices = list(case_notices(case_of(row, 100_000 * turn)))
            record = notices[0][1].record
            if (
                sealing.decide(facts_of(record), sealing.Profile.PRACTICE_2022).status
                is sealing.Status.SEALED
            ):
                minors += 1
                if minors % MINORS_ONE_IN:
                    continue
            yield notices


def take(made: Iterator[_Page], notices: int) -> list[_Page]:
    """Return the next pages, with at least so many notices."""
    taken: list[_Page] = []
    while sum(len(page) for _, page in taken) < notices:
        taken.append(next(made))
    return taken


def send(clients: dict[str, Client], pages: Sequence[_Page]) -> int:
    """Hand the pages in, two at a time; return how many notices were accepted."""

    def hand_in(page: _Page) -> int:
        sender, notices = page
        receipts = clients[sender].notices.submit(notices)
        return sum(receipt.stage == pb.NOTICE_STAGE_ACCEPTED for receipt in receipts)

    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(hand_in, pages))


def _first_delivered(client: Client) -> int:
    """Wait until the first deliveries of a backlog are made; return how many are left."""
    waiting = _on_their_way(client)
    while (left := _on_their_way(client)) == waiting:
        time.sleep(0.2)
    return left


def drained(federation: Federation, clients: dict[str, Client]) -> float:
    """Wait until nothing is on its way any more; return the most memory of the gateway meanwhile, in MB."""
    most, last, moved_at = 0.0, -1, time.monotonic()
    while left := _on_their_way(clients["interconnect"]):
        most = max(most, federation.memory("gateway-1"))
        if left != last:
            last, moved_at = left, time.monotonic()
        if time.monotonic() - moved_at > PATIENCE_S:
            raise TimeoutError(f"{left:,} deliveries do not move any more")
        time.sleep(0.2)
    return most


def _on_their_way(client: Client) -> int:
    report = client.notices.report(GATEWAY)
    return sum(row.deliveries for row in report.deliveries if row.state == pb.DELIVERY_STATE_WAITING)
