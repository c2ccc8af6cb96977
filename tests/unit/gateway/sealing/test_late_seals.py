"""Seals count as late when one and the same has waited for an hour, however many others went meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from federation.charter.model import InstallationState
from federation.v1 import sealing_pb2
from federation.values.clock import now
from gateway.asking import schema
from gateway.sealing.late_figure import LateSealFigure
from gateway.sealing.late_store import LateSealStore
from gateway.sealing.proposal_store import ProposalStore
from gateway.sealing.proposals import Addressed
from server.journal.journal import Journal, open_journal
from tests.support.federation import GATEWAY, SmallFederation

NODE = "justice-1"


@dataclass
class Waiting:
    """A gateway's store of seals on their way, its figure, and a clock that a test sets."""

    small: SmallFederation
    journal: Journal
    at: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        self.store = ProposalStore(key=bytes(32))
        self.figure = LateSealFigure(
            journal=self.journal, store=LateSealStore(), charter=self.small.charter, now=lambda: self.at
        )

    def propose(self, *keys: str, urgent: bool = False) -> None:
        """Put seals on their way to NODE."""
        rows = self.store.prepared([Addressed(NODE, key, "", sealing_pb2.Proposed(), urgent) for key in keys])
        self.journal.run(lambda work: self.store.propose(work, rows))

    def acknowledge(self, *keys: str) -> None:
        """Have NODE acknowledge seals."""
        self.journal.run(lambda work: self.store.acknowledged(work, NODE, keys))

    def late(self, *, minutes: int) -> bool:
        """Say whether seals are late so many minutes after the last look."""
        self.at += timedelta(minutes=minutes)
        [sample] = self.figure.samples()
        return bool(sample.value)


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    small = SmallFederation(tmp_path / "federation", agencies=["police", "justice"])
    with open_journal(
        tmp_path / "store.db",
        body_key=bytes(32),
        charter=small.charter(),
        signer=small.party(GATEWAY).signer,
        now=now,
        schemas=(schema.SCHEMA,),
    ) as journal:
        yield Waiting(small, journal)


@pytest.mark.parametrize("urgent", [False, True])
def test_a_seal_that_waits_for_an_hour_is_late_until_it_is_acknowledged(
    waiting: Waiting, urgent: bool
) -> None:
    assert not waiting.late(minutes=0)
    waiting.propose("a" * 32, urgent=urgent)
    assert not waiting.late(minutes=90), "it was not there at the last look"
    assert not waiting.late(minutes=59)
    assert waiting.late(minutes=1)
    waiting.acknowledge("a" * 32)
    assert not waiting.late(minutes=0)


def test_r45_how_many_wait_does_not_show_nor_a_queue_that_goes_on(waiting: Waiting) -> None:
    waiting.propose(*(f"{number:032x}" for number in range(5)))
    for number in range(5):
        assert not waiting.late(minutes=45)
        waiting.acknowledge(f"{number:032x}")
    assert not waiting.late(minutes=600)


def test_what_waits_for_a_suspended_node_is_not_late(waiting: Waiting) -> None:
    waiting.propose("a" * 32)
    assert not waiting.late(minutes=0)
    waiting.small.set_state("justice/node/justice-1", InstallationState.SUSPENDED)
    assert not waiting.late(minutes=120)
