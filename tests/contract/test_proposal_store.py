"""What a store of sealing proposals promises, whichever database keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from federation.errors import Corrupt
from federation.v1 import sealing_pb2
from gateway.asking.schema import SCHEMA
from gateway.sealing.proposal_store import ProposalStateStore, ProposalStore
from gateway.sealing.proposals import Addressed, Proposals, ProposalStates
from server.journal.work import Work
from tests.support.fresh_stores import fresh_work

KEY, NODE, OTHER = b"k" * 32, "police-1", "court-1"


@dataclass(frozen=True)
class Kept:
    """A store of proposals, another over the same rows with another key, and a transaction to use them in."""

    work: Work
    proposals: Proposals
    states: ProposalStates
    stranger: Proposals

    def waiting(self, node: str = NODE, most: int = 9) -> list[str]:
        return [each.key for each in self.proposals.waiting(self.work.view, node, most)]

    def propose(self, *addressed: Addressed) -> None:
        self.proposals.propose(self.work, self.proposals.prepared(addressed))

    def add(self, *addressed: Addressed) -> None:
        self.proposals.add(self.work, self.proposals.prepared(addressed))


@contextmanager
def sqlite(folder: Path) -> Iterator[Kept]:
    """Open a fresh store on SQLite."""
    with fresh_work(folder, SCHEMA) as work:
        yield Kept(work, ProposalStore(key=KEY), ProposalStateStore(), ProposalStore(key=b"o" * 32))


@pytest.fixture(params=[sqlite], ids=["sqlite"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    opened: Callable[[Path], AbstractContextManager[Kept]] = request.param
    with opened(tmp_path) as store:
        yield store


def proposal(key: str, node: str = NODE, *, rule: str = "S1", urgent: bool = False) -> Addressed:
    content = sealing_pb2.SealingProposal(proposal_id=key, rule=rule)
    return Addressed(node, key, "justice/node/justice-1", sealing_pb2.Proposed(gateway=content), urgent)


def test_what_waits_for_a_node_is_what_was_proposed_urgent_ones_first(kept: Kept) -> None:
    plain, urgent = proposal("a"), proposal("b", urgent=True)
    kept.propose(plain, urgent, proposal("a", OTHER))
    assert list(kept.proposals.waiting(kept.work.view, NODE, 9)) == [urgent, plain]
    assert kept.waiting(most=1) == ["b"]
    assert kept.waiting(OTHER) == ["a"]
    assert kept.waiting("nobody") == []


def test_those_that_a_question_names_are_found_by_their_keys(kept: Kept) -> None:
    kept.add(proposal("a"), proposal("b"), proposal("c", OTHER))
    found = kept.proposals.waiting_of(kept.work.view, NODE, ["b", "c", "unknown"])
    assert list(found) == [proposal("b")]
    assert list(kept.proposals.waiting_of(kept.work.view, NODE, [])) == []


def test_what_a_node_has_acknowledged_waits_no_more_and_stays_known(kept: Kept) -> None:
    kept.add(proposal("a"), proposal("a", OTHER))
    kept.proposals.acknowledged(kept.work, NODE, ["a"])
    view = kept.work.view
    assert kept.waiting() == []
    assert kept.states.wait_still(view, ["a"]) == {"a"}, "the other node has yet to take it"
    assert kept.states.acknowledgements(view, ["a", "b"]) == {(NODE, "a"): True, (OTHER, "a"): False}
    kept.proposals.acknowledged(kept.work, OTHER, ["a"])
    assert kept.states.wait_still(view, ["a"]) == frozenset()
    assert kept.states.known(view, ["a", "b"]) == {"a"}
    assert kept.states.carried(view, NODE, "a")
    assert not kept.states.carried(view, NODE, "b")


def test_what_is_proposed_again_is_sent_again_and_what_is_added_again_is_not(kept: Kept) -> None:
    kept.add(proposal("a"), proposal("b"))
    kept.proposals.acknowledged(kept.work, NODE, ["a", "b"])
    kept.add(proposal("a"))
    kept.propose(proposal("b", rule="S2", urgent=True))
    assert list(kept.proposals.waiting(kept.work.view, NODE, 9)) == [proposal("b", rule="S2", urgent=True)]


def test_with_nothing_to_do_nothing_is_done(kept: Kept) -> None:
    kept.add()
    kept.propose()
    kept.proposals.acknowledged(kept.work, NODE, [])
    kept.states.marked(kept.work, [])
    assert kept.states.known(kept.work.view, []) == frozenset()
    assert kept.states.acknowledgements(kept.work.view, []) == {}


def test_a_store_with_another_key_reads_nothing(kept: Kept) -> None:
    kept.add(proposal("a"))
    with pytest.raises(Corrupt):
        kept.stranger.waiting(kept.work.view, NODE, 9)
