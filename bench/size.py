"""A node with 100,000 records: its memory while serving, and how it starts then; and what a store grows by."""

from __future__ import annotations

from itertools import islice

from bench import growth
from bench.federation import running
from bench.persons import records
from bench.report import Figure, Measured
from bench.starting import AGENCY, NODE, start_again
from federation.client import Client


def measure(*, quick: bool) -> Measured:
    """Fill a node, and look at its memory then and after a start."""
    number = 10_000 if quick else 100_000
    with (
        running(NODE) as federation,
        Client.open(federation.description, AGENCY, officer="登记员甲") as client,
    ):
        sent = int(number * 1.05)
        entered, outcomes = 0, client.register.enter_many(NODE, records(AGENCY, sent))
        entered = sum(o.HasField("receipt") and not o.receipt.repeated for o in islice(outcomes, sent))
        full = federation.memory(NODE)
        took = start_again(federation)
        fresh = federation.memory(NODE)
        disk = (
            sum(f.stat().st_size for f in (federation.layout.home / "nodes" / NODE).glob("store.db*")) / 1e6
        )
    return Measured(
        "size",
        [
            Figure(
                "memory after entering", full, "MB", 150, "less", f"{entered:,} records; store {disk:,.0f} MB"
            ),
            Figure("memory after a start", fresh, "MB", 150, "less"),
            Figure("start with them", took, "s", 1.5, "less"),
            *growth.figures(quick=quick),
        ],
    )
