"""`Ask`, alone and with 64 callers at once, of four nodes that hold records; logs durable, all signed.

Everybody was asked about before: owners are notified once of what merging finds to differ, which is not measured here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import islice
from statistics import median, quantiles

from bench.caller import Called
from bench.federation import Federation, measuring, running
from bench.persons import plans, queries
from bench.report import Figure, Measured
from compose.demo.feeding import feed
from federation.client import Client

CALLERS = 64


def measure(*, quick: bool) -> Measured:
    """Stand up and feed a whole federation, then ask."""
    with running() as federation:
        fed = feed(federation.description, plans(), officer="登记员甲", told=lambda node, done: None)
        federation.settle()  # seals are delivered to every holder first
        _under_load(
            federation, 1_500 if quick else 8_000
        )  # where agencies differ, the owners are notified once
        federation.settle()
        alone = _alone(federation, 200 if quick else 1000)
        with measuring(federation) as spent:
            under_load = _under_load(federation, 4_000 if quick else 15_000)
    spent.cpu["client"] = round(under_load.cpu_s, 2)
    took = quantiles(under_load.took_ms, n=100)
    failed = len(under_load.errors) + under_load.incomplete_or_wrong
    held = ", ".join(f"{each.node} {each.entered:,}" for each in fed)
    return Measured(
        "ask",
        [
            Figure(
                "Ask alone, median",
                median(alone),
                "ms",
                6,
                "less",
                f"p99 {quantiles(alone, n=100)[98]:.1f} ms",
            ),
            Figure(
                f"Ask, {CALLERS} callers",
                len(under_load.took_ms) / under_load.seconds,
                "answers/s",
                500,
                note=f"p50 {took[49]:.0f}, p95 {took[94]:.0f}, p99 {took[98]:.0f} ms",
            ),
            Figure("errors and incomplete answers", failed, "", 0, "less"),
        ],
        spent.cpu,
        (
            *spent.remarks(),
            f"records held: {held}",
            f"{len(under_load.took_ms):,} answers, the signature of each verified, {under_load.verified_in_full} "
            f"in full offline; findings {under_load.findings}",
        ),
    )


def _alone(federation: Federation, number: int) -> list[float]:
    """Return the milliseconds of each question, from building it to its verified answer."""
    took = []
    with Client.open(federation.description, "police", officer="李警官") as client:
        for query in islice(queries(plans()), number + 50):
            started = time.perf_counter()
            client.ask(query)
            took.append((time.perf_counter() - started) * 1000)
    return took[50:]


def _under_load(federation: Federation, number: int) -> Called:
    command = [sys.executable, "-m", "bench.caller", str(federation.description), str(CALLERS), str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Called(**json.loads(done.stdout))
