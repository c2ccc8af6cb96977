"""Feed the four nodes at the same time, each over one stream, and count what became of every record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from compose.demo.synthesis import FacetPlan
from compose.local.layout import NODES
from federation.client import Client
from federation.v1 import record_pb2


@dataclass
class Fed:
    """What became of the records of one node."""

    node: str
    entered: int = 0
    repeated: int = 0
    quarantined: int = 0
    #: Rule and field of the first fault -> how often.
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Every record that was sent."""
        return self.entered + self.repeated + self.quarantined


def feed(
    description: Path, plans: Sequence[FacetPlan], *, officer: str, told: Callable[[str, int], None]
) -> list[Fed]:
    """Enter all plans at their agencies' nodes; `told(node, done)` hears of progress."""
    with ThreadPoolExecutor(len(NODES)) as pool:
        return list(pool.map(lambda agency: _feed_one(description, agency, plans, officer, told), NODES))


def _feed_one(
    description: Path, agency: str, plans: Sequence[FacetPlan], officer: str, told: Callable[[str, int], None]
) -> Fed:
    fed = Fed(NODES[agency])

    def records() -> Iterator[record_pb2.Record]:
        yield from (plan.record for plan in plans if plan.agency == agency)

    with Client.open(description, agency, officer=officer) as client:
        for outcome in client.enter_many(fed.node, records()):
            if outcome.HasField("quarantined"):
                fed.quarantined += 1
                first = outcome.quarantined.violations[0]
                fed.reasons[f"{_path(first.field)}: {first.message} [{first.rule}]"] += 1
            elif outcome.receipt.repeated:
                fed.repeated += 1
            else:
                fed.entered += 1
            told(fed.node, fed.total)
    return fed


def _path(field_path: str) -> str:
    """Drop list positions, so that the same fault counts as one reason."""
    return "".join(part.partition("]")[2] if "]" in part else part for part in field_path.split("["))
