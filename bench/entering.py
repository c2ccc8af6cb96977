"""`EnterMany` at one node: signed pages, validated, judged, encrypted, logged, durable when answered."""

from __future__ import annotations

from collections import Counter

from bench.federation import measuring, running
from bench.persons import records
from bench.report import Figure, Measured
from federation.client import Client

NODE = "police-1"


def measure(*, quick: bool) -> Measured:
    """Enter records over one stream at a node process of its own."""
    number = 5_000 if quick else 20_000
    with (
        running(NODE) as federation,
        Client.open(federation.description, "police", officer="登记员甲") as client,
    ):
        warm = list(records("police", number + 400))
        for _ in client.register.enter_many(NODE, warm[:400]):
            pass
        ends: Counter[str] = Counter()
        with measuring(federation) as spent:
            for outcome in client.register.enter_many(NODE, warm[400:]):
                ends[str(outcome.WhichOneof("outcome"))] += 1
    rate = ends["receipt"] / spent.seconds
    ended = ", ".join(f"{count:,} {end}" for end, count in sorted(ends.items()))
    return Measured(
        "enter",
        [Figure("EnterMany at one node", rate, "records/s", 1500, note=f"{ended}; pages of 200, one stream")],
        spent.cpu,
        spent.remarks(),
    )
