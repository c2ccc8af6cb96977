"""Wait until the seals of an import are at every holder, and show the progress.

A seal is proposed to the gateway by the node that made it, and delivered by the gateway to every node. Both steps
are events in the gateway's log, which is where they are counted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from compose.demo.patience import Patience, Unkept
from compose.local.layout import GATEWAY, NODES, Layout
from federation.client import Client
from federation.evidence.entry import EntryKind, Value, events_of, read_body
from federation.law import sealing
from federation.record.facts import facts_of
from federation.v1 import record_pb2

OFFICER: Final = "值班员"
#: Seconds without a change after which the seals that came are taken to be all, even if fewer than expected.
QUIET_S: Final = 30.0


@dataclass(frozen=True)
class SealProgress:
    """The number of seals that the gateway received from nodes, and of those it delivered to every node."""

    received: int
    delivered: int
    expected: int
    #: Seconds since either figure changed.
    quiet_s: float = 0.0

    def lacks(self) -> str:
        """Return the progress as a phrase; "" when every seal is delivered.

        Some seals may have nothing to propose, so that fewer come than expected. Only a long silence shows this.
        """
        due = max(self.received, self.expected)
        over = self.delivered >= self.received and self.quiet_s > QUIET_S
        return "" if self.delivered >= due or over else f"{self.delivered:,} of {due:,}"


def spreads(record: record_pb2.Record, profile: str) -> bool:
    """Say whether the node that holds this record seals it and has something to propose to other holders."""
    identified = record.person.identifiers or record.person.names
    judged = record.judgment_number.original or record.final_on
    status = sealing.decide(facts_of(record), profile).status
    return bool(identified and judged and status is sealing.Status.SEALED)


def await_delivery(home: Path, expected: int, patience: Patience) -> int:
    """Wait until every seal is at every node, and return how many were delivered.

    `expected` is the number of seals that the nodes made. At the end of patience, the number delivered so far is
    returned: a question waits for a complete answer in any case.
    """
    latest = SealProgress(0, 0, expected)
    changed_at = time.monotonic()
    with Client.open(Layout(home.resolve()).description, GATEWAY.member, officer=OFFICER) as client:

        def probe() -> SealProgress:
            nonlocal latest, changed_at
            entries = (read_body(entry.body) for entry in client.evidence.entries(GATEWAY))
            received, delivered = count(event for entry in entries for event in events_of(entry))
            if (received, delivered) != (latest.received, latest.delivered):
                changed_at = time.monotonic()
            latest = SealProgress(received, delivered, expected, time.monotonic() - changed_at)
            return latest

        with suppress(Unkept):
            patience.until(probe, SealProgress.lacks, "delivering seals to the other holders", moving=True)
    return latest.delivered


def count(events: Iterable[dict[str, Value]]) -> tuple[int, int]:
    """Return how many proposals the events of a gateway's log show as received, and as delivered to every node."""
    received, delivered = 0, Counter({node: 0 for node in NODES.values()})
    for entry in events:
        if entry["kind"] == str(EntryKind.PROPOSED):
            proposals = int(str(entry.get("proposals", 0)))
            if entry.get("by"):
                received += proposals
            elif entry.get("node") in delivered:
                delivered[str(entry["node"])] += proposals
    return received, min(delivered.values())
