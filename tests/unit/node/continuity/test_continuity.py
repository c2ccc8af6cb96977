"""What a node makes of the heads that gateways state: proven, unproven, given up; and what its agency may accept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from federation.charter.envelope import open_statement
from federation.errors import InvalidRequest, OutOfOrder, Replayed, Stale
from federation.evidence.acceptance import read_acceptance
from federation.evidence.entry import EntryKind, read_body
from federation.evidence.heads import Known, known_after
from federation.evidence.merkle import verify_consistency
from federation.statements.methods import ACCEPT_LOG
from federation.statements.reasons import LOG_WENT_BACK
from federation.v1 import heads_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.heads import Head
from federation.values.identity import Role
from node.continuity import schema
from node.continuity.continuity import Continuity
from node.continuity.store import ContinuityStore
from server.journal.journal import Journal, open_journal
from server.opening import Act
from server.stores.head_file import HeadFile
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.heads import NAME, NODE, acceptance, head, seen

START = datetime.now(UTC).replace(microsecond=0)
LATER = START + timedelta(minutes=1)


class Node:
    """The police's log with some entries, and its continuity."""

    def __init__(self, home: Path, federation: SmallFederation, stack: ExitStack) -> None:
        self.federation, self.charter = federation, federation.charter()
        self.journal: Journal = stack.enter_context(
            open_journal(
                home / "store.db",
                body_key=os.urandom(32),
                charter=self.charter,
                signer=federation.party(NODE).signer,
                now=lambda: LATER,
                schemas=[schema.SCHEMA],
            )
        )
        self._home, self._key = home, os.urandom(32)
        for _ in range(5):
            self.journal.run(
                lambda work: work.log.append(EntryKind.STARTED, at="2026-01-01T00:00:00.000000Z")
            )
        self.continuity = self.started()

    def started(self) -> Continuity:
        """Return what a start makes of the store."""
        continuity = Continuity(
            journal=self.journal,
            store=ContinuityStore(key=self._key),
            head_file=HeadFile(self._home / "head.json"),
            node=NAME,
            charter=lambda: self.charter,
            now=lambda: LATER,
        )
        continuity.begin(None)
        return continuity

    def now(self) -> Head:
        return Head(*self.journal.state())

    def hear(self, known: Known, by: str = GATEWAY) -> str:
        """Return the reason for which a gateway that states `known` is refused."""
        refusal = self.continuity.hear(known.message(), by)
        return refusal.reason if refusal else ""

    def accept(self, lost: Head, accepted: Head, at: datetime = LATER) -> Envelope:
        """Have the agency accept a loss; return its statement."""
        envelope = acceptance(self.federation, lost, accepted, at=at)
        self.take(envelope)
        return envelope

    def take(self, envelope: Envelope, *, refused: bool = False) -> None:
        opened = open_statement(
            envelope, self.charter, method=ACCEPT_LOG, destination=NODE, role=Role.REGISTERS, now=LATER
        )
        body = heads_pb2.LogAcceptance.FromString(opened.statement.body)
        self.continuity.accept(body, Act.by(opened), envelope, refused=refused)


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(tmp_path_factory.mktemp("federation"))


@pytest.fixture
def node(federation: SmallFederation, tmp_path: Path) -> Iterator[Node]:
    with ExitStack() as stack:
        yield Node(tmp_path, federation, stack)


def test_a_head_that_the_log_contains_is_answered_with_a_proof(node: Node) -> None:
    known = seen(node.federation, node.now(), at=START)
    node.journal.run(lambda work: work.log.append(EntryKind.STARTED, at="now"))
    assert node.hear(known) == ""
    after = node.now()
    proof = node.continuity.proof(known.message(), after.size)
    verify_consistency(known.head.size, after.size, known.head.root, after.root, proof)


@pytest.mark.parametrize("size", [3, 5, 50])
def test_a_head_that_the_node_signed_and_lost_is_refused_to_everybody_for_good(node: Node, size: int) -> None:
    assert node.hear(seen(node.federation, head(size), at=START)) == LOG_WENT_BACK
    assert node.hear(seen(node.federation, node.now(), at=START), by="another gateway") == LOG_WENT_BACK
    restarted = node.started()
    assert restarted.went_back is not None
    assert restarted.went_back.known == head(size)
    assert restarted.refusal() is not None
    body = read_body(node.journal.newest().body)
    assert (body["kind"], body["what"], body["known_by"]) == ("incident", "log-went-back", GATEWAY)


def test_of_two_lost_heads_the_higher_one_counts(node: Node) -> None:
    for size in (20, 50, 30):
        node.hear(seen(node.federation, head(size), at=START))
    assert node.continuity.went_back is not None
    assert node.continuity.went_back.known == head(50)


def test_a_head_without_proof_silences_the_node_for_that_gateway_alone(node: Node) -> None:
    invented = seen(node.federation, head(50), at=START, signer=GATEWAY)
    assert node.hear(invented) == LOG_WENT_BACK
    assert node.continuity.went_back is None
    assert node.hear(seen(node.federation, node.now(), at=START), by="another gateway") == ""
    doubted = node.continuity.doubted
    assert doubted is not None
    assert (doubted.known, doubted.known_by) == (head(50), GATEWAY)
    node.accept(head(50), node.now())
    assert node.continuity.doubted is None


def test_the_agency_ends_it_once(node: Node) -> None:
    node.hear(seen(node.federation, head(50), at=START))
    accepted = node.now()
    with pytest.raises(Stale, match="look again"):
        node.accept(head(40), accepted)
    with pytest.raises(InvalidRequest, match="does not contain"):
        node.accept(head(50), head(4))
    envelope = node.accept(head(50), accepted)
    assert node.continuity.refusal() is None
    restarted = node.started()
    assert restarted.went_back is None
    assert [each.envelope for each in restarted.acceptances] == [envelope]
    with pytest.raises(Replayed):
        node.take(envelope)
    with pytest.raises(OutOfOrder, match="nothing to accept"):
        node.accept(head(50), accepted)


def test_what_was_given_up_puts_nothing_back(node: Node) -> None:
    lost = seen(node.federation, head(50), at=START)
    node.hear(lost)
    node.accept(head(50), node.now())
    assert node.hear(lost) == LOG_WENT_BACK, (
        "no proof can be given to a gateway that has not taken the acceptance"
    )
    assert node.continuity.went_back is None
    assert node.continuity.doubted is None
    higher = seen(node.federation, head(60), at=START)
    assert node.hear(higher, by="a gateway that was away") == LOG_WENT_BACK
    assert node.continuity.went_back is not None, "nobody has given that head up"


def test_the_agency_may_sign_again_while_a_gateway_refuses_its_acceptance(node: Node) -> None:
    node.hear(seen(node.federation, head(50), at=START))
    node.accept(head(50), node.now(), at=START)
    envelope = acceptance(node.federation, head(50), node.now(), at=LATER)
    with pytest.raises(Stale, match="look again"):
        node.take(acceptance(node.federation, head(40), node.now(), at=LATER), refused=True)
    node.take(envelope, refused=True)
    assert [each.envelope for each in node.started().acceptances][-1] == envelope


def test_a_log_that_went_back_again_after_an_acceptance_is_found_out(node: Node) -> None:
    node.hear(seen(node.federation, head(50), at=START))
    node.accept(head(50), node.now(), at=START)
    [accepted] = node.continuity.acceptances
    again = seen(node.federation, head(30), at=LATER).message()
    again.acceptance.CopyFrom(accepted.envelope)
    assert node.continuity.hear(again, GATEWAY) is not None
    assert node.continuity.went_back is not None
    assert node.continuity.went_back.known == head(30)


def test_a_node_that_lost_its_own_acceptance_learns_of_it_by_the_head(node: Node) -> None:
    taken = read_acceptance(acceptance(node.federation, head(50), head(20), at=START))
    assert node.hear(known_after(taken)) == LOG_WENT_BACK
    assert node.continuity.went_back is not None


@pytest.mark.parametrize("size", [2**63, 2**64 - 1])
def test_a_head_that_no_log_can_have_is_doubted_and_not_accepted(node: Node, size: int) -> None:
    stated = heads_pb2.KnownHead(node=NAME, head=heads_pb2.Head(size=size, root=bytes(32)))
    assert node.continuity.hear(stated, GATEWAY) is not None
    assert node.continuity.went_back is None
    with pytest.raises(InvalidRequest, match="lost"):
        node.accept(head(size), node.now())


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("node", "justice-1", "NODE"),
        ("reason", "", "R66"),
        ("entered_again", "", "R66"),
        ("lost_since", "yesterday", "FORMAT"),
    ],
)
def test_a_field_that_is_wrong_is_named(node: Node, field: str, value: str, rule: str) -> None:
    node.hear(seen(node.federation, head(50), at=START))
    envelope = acceptance(node.federation, head(50), node.now(), at=LATER)
    opened = open_statement(
        envelope, node.charter, method=ACCEPT_LOG, destination=NODE, role=Role.REGISTERS, now=LATER
    )
    body = heads_pb2.LogAcceptance.FromString(opened.statement.body)
    setattr(body, field, value)
    with pytest.raises(InvalidRequest) as refused:
        node.continuity.accept(body, Act.by(opened), envelope)
    assert (field, rule) in {(v.field, v.rule) for v in refused.value.violations}
