"""What a gateway knows of a node's log: durable with the answer that rests on it, and never lower than before."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from federation.errors import BadEnvelope, OutOfOrder
from federation.evidence.acceptance import read_acceptance
from federation.evidence.entry import read_body
from federation.evidence.heads import known_after
from federation.values.clock import stamp
from gateway.continuity import schema
from gateway.continuity.head_store import HeadStore
from gateway.continuity.heads import Heads
from gateway.strongbox import Strongbox
from server.journal.journal import Journal, open_journal
from server.journal.work import Work
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.heads import NAME, acceptance, head, seen

START = datetime.now(UTC).replace(microsecond=0)
LATER = START + timedelta(minutes=1)


class Notices:
    """Notes for which nodes notices are due again."""

    def __init__(self) -> None:
        self.since: list[tuple[str, datetime]] = []

    def taken(self, node: str, since: datetime) -> Sequence[bytes]:
        self.since.append((node, since))
        return [b"\1" * 32]

    def again(self, work: Work, node: str, digests: Sequence[bytes]) -> Sequence[bytes]:
        return digests

    def wake(self, node: str) -> None: ...


class Gateway:
    """The heads of one gateway on a real store."""

    def __init__(self, home: Path, federation: SmallFederation, stack: ExitStack) -> None:
        self.federation, self.notices = federation, Notices()
        self._charter = federation.charter()
        self.journal: Journal = stack.enter_context(
            open_journal(
                home / "store.db",
                body_key=os.urandom(32),
                charter=self._charter,
                signer=federation.party(GATEWAY).signer,
                now=lambda: LATER,
                schemas=[schema.SCHEMA],
            )
        )
        self._box = Strongbox(key=os.urandom(32))
        self.heads = self.started()

    def started(self) -> Heads:
        """Return what a start makes of the store."""
        heads = Heads(
            journal=self.journal,
            store=HeadStore(strongbox=self._box),
            charter=lambda: self._charter,
            now=lambda: LATER,
            repeating=self.notices,
        )
        heads.load()
        return heads

    def answer(self) -> None:
        """Log an answer that rests on all that is known."""
        self.heads.kept(self.journal.run(self.heads.keep).value)

    def size(self, heads: Heads | None = None) -> int:
        """Return the size of the highest head of the police's node."""
        known = (heads or self.heads).known(NAME)
        return known.head.size if known else 0

    def incidents(self) -> list[object]:
        bodies = [read_body(entry.body) for entry in self.journal.entries(0, 100)]
        return [body["what"] for body in bodies if body["kind"] == "incident"]


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(tmp_path_factory.mktemp("federation"))


@pytest.fixture
def gateway(federation: SmallFederation, tmp_path: Path) -> Iterator[Gateway]:
    with ExitStack() as stack:
        yield Gateway(tmp_path, federation, stack)


def test_a_head_counts_at_once_and_is_durable_with_the_next_answer(gateway: Gateway) -> None:
    gateway.heads.saw(seen(gateway.federation, head(10), at=START))
    assert gateway.size() == 10
    assert gateway.size(gateway.started()) == 0
    gateway.answer()
    restarted = gateway.started()
    assert restarted.known(NAME) == gateway.heads.known(NAME)


def test_a_lower_head_never_takes_the_place_of_a_higher_one(gateway: Gateway) -> None:
    gateway.heads.saw(seen(gateway.federation, head(10), at=START))
    gateway.answer()
    late = gateway.started()
    late.saw(seen(gateway.federation, head(30), at=START))
    gateway.journal.run(late.keep)
    gateway.heads.saw(seen(gateway.federation, head(20), at=START))
    gateway.answer()
    gateway.heads.saw(seen(gateway.federation, head(15), at=START))
    assert gateway.size() == 20
    assert gateway.size(gateway.started()) == 30


def test_of_another_gateway_only_a_higher_head_that_the_node_signed_is_believed(gateway: Gateway) -> None:
    of = gateway.federation
    gateway.heads.adopt(seen(of, head(10), at=START).message(), "another gateway")
    gateway.heads.adopt(seen(of, head(5), at=START).message(), "another gateway")
    gateway.heads.adopt(seen(of, head(50), at=START, signer=GATEWAY).message(), "another gateway")
    other = seen(of, head(60), at=START).message()
    other.head.size = 70
    gateway.heads.adopt(other, "another gateway")
    bare = seen(of, head(80), at=START).message()
    bare.ClearField("page")
    gateway.heads.adopt(bare, "another gateway")
    assert gateway.size() == gateway.size(gateway.started()) == 10
    assert gateway.incidents() == []


def test_two_histories_of_one_size_are_an_incident(gateway: Gateway) -> None:
    gateway.heads.saw(seen(gateway.federation, head(10), at=START))
    gateway.heads.adopt(seen(gateway.federation, head(10, history=2), at=START).message(), "another gateway")
    assert gateway.incidents() == ["log-forked"]
    assert gateway.heads.known(NAME) == seen(gateway.federation, head(10), at=START)


def test_after_an_acceptance_what_was_signed_before_counts_no_more(gateway: Gateway) -> None:
    of = gateway.federation
    gateway.heads.saw(seen(of, head(10), at=START))
    gateway.answer()
    assert gateway.heads.accept(acceptance(of, head(10), head(4, history=2), at=LATER)) == 1
    assert gateway.notices.since == [(NAME, LATER)]
    gateway.heads.saw(seen(of, head(10), at=START))
    gateway.heads.adopt(seen(of, head(12), at=START).message(), "another gateway")
    gateway.answer()
    assert gateway.size() == gateway.size(gateway.started()) == 4

    gateway.heads.saw(seen(of, head(5, history=2), at=LATER + timedelta(seconds=1)))
    gateway.answer()
    restarted = gateway.started()
    assert gateway.size(restarted) == 5
    known = restarted.known(NAME)
    assert known is not None
    assert known.acceptance is not None


def test_an_acceptance_reaches_another_gateway_with_the_head(gateway: Gateway, tmp_path: Path) -> None:
    of = gateway.federation
    gateway.heads.saw(seen(of, head(10), at=START))
    gateway.heads.accept(acceptance(of, head(10), head(4, history=2), at=LATER))
    known = gateway.heads.known(NAME)
    assert known is not None
    (tmp_path / "other").mkdir()
    with ExitStack() as stack:
        other = Gateway(tmp_path / "other", of, stack)
        other.heads.saw(seen(of, head(9), at=START))
        other.heads.adopt(known.message(), GATEWAY)
        assert other.size() == other.size(other.started()) == 4


def test_an_old_acceptance_changes_nothing_and_a_low_one_is_refused(gateway: Gateway) -> None:
    of = gateway.federation
    gateway.heads.saw(seen(of, head(10), at=START))
    low = acceptance(of, head(8), head(4), at=START)
    with pytest.raises(OutOfOrder) as refused:
        gateway.heads.accept(low)
    assert refused.value.reason == "LOST_HEAD_HIGHER"
    right = acceptance(of, head(10), head(4), at=LATER)
    assert gateway.heads.accept_all([low, right]) == 1
    gateway.heads.saw(seen(of, head(9), at=LATER + timedelta(seconds=1)))
    assert gateway.heads.accept(right) == 0
    assert gateway.heads.accept(low) == 0
    assert gateway.size() == 9


@pytest.mark.parametrize("signer", ["procuratorate/client/desk", "court/client/desk"])
def test_an_acceptance_of_another_member_is_refused(gateway: Gateway, signer: str) -> None:
    with pytest.raises(BadEnvelope, match="an officer of police has to"):
        gateway.heads.accept(acceptance(gateway.federation, head(10), head(4), at=START, signer=signer))


def test_a_statement_for_another_purpose_is_no_acceptance(gateway: Gateway) -> None:
    wrong = acceptance(
        gateway.federation, head(10), head(4), at=START, method="/federation.v1.RegistryService/Enter"
    )
    with pytest.raises(BadEnvelope, match="not about this node's log"):
        gateway.heads.accept(wrong)


def test_an_acceptance_signed_for_a_time_to_come_is_refused(gateway: Gateway) -> None:
    with pytest.raises(BadEnvelope, match="time to come"):
        gateway.heads.accept(acceptance(gateway.federation, head(10), head(4), at=LATER + timedelta(hours=1)))


def test_a_log_that_went_back_is_reported_once_for_each_head(gateway: Gateway) -> None:
    """Also when another question finds it before the entry of the first is durable."""
    gateway.heads.saw(seen(gateway.federation, head(10), at=START))
    first = gateway.heads.report(NAME, head(3))
    assert first is not None
    assert gateway.heads.report(NAME, head(3)) is None, "it is about to be logged"
    gateway.heads.unreported(NAME)  # the disk was full, say
    second = gateway.heads.report(NAME, head(3))
    assert second is not None
    gateway.journal.run(second)
    assert gateway.heads.report(NAME, head(3)) is None
    assert gateway.incidents() == ["log-went-back"]
    assert stamp(LATER) == read_body(gateway.journal.newest().body)["at"]


def test_the_same_loss_signed_again_changes_nothing_where_it_was_accepted(gateway: Gateway) -> None:
    """It is signed again for a gateway that could not take the first, whose signer had left the charter."""
    gateway.heads.saw(seen(gateway.federation, head(10), at=START - timedelta(minutes=5)))
    first = acceptance(gateway.federation, head(10), head(4), at=START)
    assert gateway.heads.accept(first) == 1
    gateway.heads.saw(seen(gateway.federation, head(12, 2), at=START + timedelta(seconds=5)))
    again = acceptance(gateway.federation, head(10), head(11, 2), at=START + timedelta(seconds=9))
    assert gateway.heads.accept(again) == 0
    assert gateway.size() == 12
    # What another gateway knows by the second statement counts by its size, not for being signed later.
    theirs = known_after(read_acceptance(again))
    gateway.heads.adopt(theirs.message(), "the other gateway")
    assert gateway.size() == 12
    higher = replace(
        seen(gateway.federation, head(15, 2), at=START + timedelta(seconds=20)),
        acceptance=read_acceptance(again),
    )
    gateway.heads.adopt(higher.message(), "the other gateway")
    assert gateway.size() == 15
    assert gateway.incidents() == []
