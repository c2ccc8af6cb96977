"""Feed the four nodes at the same time, each over one stream, and count the outcomes of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from compose.demo.casting import PROFILE
from compose.demo.delivering import spreads
from compose.demo.patience import PATIENCE_S, NotShown
from compose.demo.synthesis import FacetPlan
from compose.local.layout import NODES
from federation.background.retrying import Growing, Retries
from federation.client import Client
from federation.errors import Unavailable
from federation.v1 import record_pb2, registry_pb2

_PAUSES_S = Growing(0.1, 1.0)


@dataclass
class Fed:
    """The outcomes of the records sent to one node."""

    node: str
    entered: int = 0
    repeated: int = 0
    quarantined: int = 0
    #: The number of entered records that the node seals and proposes to other holders.
    sealed: int = 0
    #: Rule and field of the first fault -> how often.
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Every record that was sent."""
        return self.entered + self.repeated + self.quarantined


def feed(
    description: Path,
    plans: Sequence[FacetPlan],
    *,
    officer: str,
    told: Callable[[str, int], None],
    still_s: float = PATIENCE_S,
) -> list[Fed]:
    """Enter all plans at their agencies' nodes; `told(node, done)` is called with the progress.

    Raises `NotShown` when a node that cannot be reached has taken nothing for `still_s` seconds.
    """
    with ThreadPoolExecutor(len(NODES)) as pool:
        return list(
            pool.map(lambda agency: _feed_one(description, agency, plans, officer, told, still_s), NODES)
        )


def _feed_one(
    description: Path,
    agency: str,
    plans: Sequence[FacetPlan],
    officer: str,
    told: Callable[[str, int], None],
    still_s: float,
) -> Fed:
    """Enter the plans of one agency; records not acknowledged when the line breaks are sent again."""
    fed = Fed(NODES[agency])
    records = [plan.record for plan in plans if plan.agency == agency]
    retries = Retries(_PAUSES_S, within_s=still_s)
    with Client.open(description, agency, officer=officer) as client:
        while fed.total < len(records):
            before = fed.total
            try:
                remaining = records[before:]
                for outcome, record in zip(
                    client.register.enter_many(fed.node, remaining), remaining, strict=False
                ):
                    _count(fed, record, outcome)
                    told(fed.node, fed.total)
            except (
                Unavailable
            ) as error:  # the connection reached its age limit, or the server is slow: go on there
                if fed.total > before:
                    retries.advanced()
                if not retries.pause():
                    raise NotShown(
                        f"{fed.node} has taken {fed.total:,} of {len(records):,} records and no further one in "
                        f"{still_s:.0f} seconds: {error.message}."
                    ) from error
    return fed


def _count(fed: Fed, record: record_pb2.Record, outcome: registry_pb2.EntryOutcome) -> None:
    if outcome.HasField("quarantined"):
        fed.quarantined += 1
        first = outcome.quarantined.violations[0]
        fed.reasons[f"{_path(first.field)}: {first.message} [{first.rule}]"] += 1
    elif outcome.receipt.repeated:
        fed.repeated += 1
    else:
        fed.entered += 1
        fed.sealed += spreads(record, PROFILE)


def _path(field_path: str) -> str:
    """Return the path without list positions, so that the same fault counts as one reason."""
    return "".join(part.partition("]")[2] if "]" in part else part for part in field_path.split("["))
