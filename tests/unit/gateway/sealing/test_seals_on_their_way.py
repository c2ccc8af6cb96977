"""What a gateway remembers of seals on their way: marks, moments, and what a node may add to a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from federation.errors import CannotAccount, Corrupt, Exhausted, InvalidRequest
from federation.statements.seals import MOST_WITH_ANSWER, PROPOSAL, key_of, sign
from federation.v1 import lookup_pb2
from federation.v1 import sealing_pb2 as pb
from federation.values.clock import now, stamp
from federation.values.tokens import digest_token, subject_digests, subject_tokens
from gateway.asking import schema
from gateway.asking.link import MOST_ATTEMPTS, Attempts
from gateway.sealing.acknowledgement_store import AcknowledgementStore
from gateway.sealing.mark_store import MarkStore
from gateway.sealing.marks import MarkKey
from gateway.sealing.proposal_store import ProposalStateStore, ProposalStore
from gateway.sealing.proposals import Addressed
from gateway.sealing.schema import sealing_proposal
from gateway.sealing.spreading import MOST_DIGESTS, ProposalVerifier
from gateway.sealing.sweeping import MarkSweeper
from gateway.sealing.taking import ProposalIntake
from gateway.sealing.under_way import UnderWay
from server.journal.condition import Condition
from server.journal.journal import Journal, open_journal
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.records import Someone

POLICE, JUSTICE = "police/node/police-1", "justice/node/justice-1"
DIGEST = bytes(range(32))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(tmp_path_factory.mktemp("on-their-way"))


@pytest.fixture(scope="module")
def reading(small: SmallFederation) -> ProposalVerifier:
    charter = small.charter()
    return ProposalVerifier(charter=lambda: charter, now=now)


def signed(
    small: SmallFederation, by: str = POLICE, *, id_: str = "ab" * 16, **values: object
) -> pb.Proposed:
    proposal = pb.SealingProposal(
        proposal_id=id_,
        rule="SEALED-BY-A-HOLDER",
        person_digests=[DIGEST],
        judgment_digests=[DIGEST],
        proposer=by,
        proposed_at=stamp(now()),
    )
    return pb.Proposed(node=sign(PROPOSAL, proposal, small.party(by).signer), **values)  # type: ignore[arg-type]


def test_a_mark_outlives_every_question_that_began_before_the_acknowledgement() -> None:
    under_way = UnderWay()
    with under_way.question():
        asked = under_way.moment()
        under_way.acknowledged("police-1", ["key"])
        asked_later = under_way.moment()
        assert under_way.acknowledged_since("police-1", "key", asked)
        assert not under_way.acknowledged_since("police-1", "key", asked_later)
        with under_way.question():
            assert under_way.remembered() == {"key"}
        assert under_way.remembered() == {"key"}, "a later question that ends changes nothing"
    assert under_way.remembered() == frozenset()


def test_an_acknowledgement_with_no_question_under_way_is_not_remembered() -> None:
    under_way = UnderWay()
    under_way.acknowledged("police-1", ["key"])
    with under_way.question():
        assert under_way.remembered() == frozenset()


def test_a_proposal_counts_as_later_from_when_it_first_came() -> None:
    under_way = UnderWay()
    with under_way.question():
        page_came = under_way.moment()
        under_way.taken(["key"])
        later = under_way.moment()
        under_way.taken(["key"])
        assert under_way.taken_since("key", page_came)
        assert not under_way.taken_since("key", later)
        assert not under_way.taken_since("of before", page_came)


def test_one_question_is_sent_to_a_node_eight_times_at_most() -> None:
    attempts = Attempts()
    assert [attempts.next() for _ in range(MOST_ATTEMPTS)] == list(range(1, 9))
    with pytest.raises(Exhausted):
        attempts.next()


def test_the_digests_of_a_subject_are_those_behind_its_tokens() -> None:
    key, subject = b"k" * 32, Someone().subject()
    strong, weak = subject_digests(subject)
    assert subject_tokens(key, subject) == (
        [digest_token(key, each) for each in strong],
        [digest_token(key, each) for each in weak],
    )
    assert strong, "the number, under every kind of document that may bear it"
    assert weak, "by name: a full date, the month and the year, and records without a birth date"
    assert len({*strong, *weak}) == len(strong) + len(weak)


def test_what_a_node_adds_to_an_answer_is_bounded_and_its_own(
    small: SmallFederation, reading: ProposalVerifier
) -> None:
    good = lookup_pb2.PagedAnswer(spreading=[signed(small, awaited=["justice-1"])], person_digests=[DIGEST])
    [spreading], digests = reading.with_answer(good, POLICE)
    assert (spreading.nodes, set(digests)) == (("justice-1",), {DIGEST})
    assert spreading.key == key_of(POLICE, "ab" * 16)
    assert spreading.proposed == pb.Proposed(node=good.spreading[0].node), "whom it awaits is not handed on"
    for bad in (
        lookup_pb2.PagedAnswer(person_digests=[DIGEST] * (MOST_DIGESTS + 1)),
        lookup_pb2.PagedAnswer(person_digests=[b"short"]),
        lookup_pb2.PagedAnswer(spreading=[signed(small)] * (MOST_WITH_ANSWER + 1)),
        lookup_pb2.PagedAnswer(spreading=[signed(small, JUSTICE)]),
        lookup_pb2.PagedAnswer(spreading=[pb.Proposed(gateway=pb.SealingProposal(proposal_id="ab" * 16))]),
    ):
        with pytest.raises(Corrupt, match="adds to its answer") as raised:
            reading.with_answer(bad, POLICE)
        assert raised.value.reason == "MALFORMED_ANSWER"


def test_a_node_hands_over_for_nodes_of_the_charter_only(
    small: SmallFederation, reading: ProposalVerifier
) -> None:
    proposed = signed(small, awaited=["justice-1", "unknown-1"])
    with pytest.raises(InvalidRequest, match="no node 'unknown-1'"):
        reading.proposals([proposed], POLICE, strict=True)
    [spreading] = reading.proposals([proposed], POLICE, strict=False)
    assert spreading.nodes == ("justice-1",)
    [everywhere] = reading.proposals([signed(small)], POLICE, strict=True)
    assert len(everywhere.nodes) == 4


@dataclass(frozen=True)
class Parts:
    """The parts of a gateway that take seals in, on a store of their own."""

    journal: Journal
    proposals: ProposalStore
    marks: MarkKey
    under_way: UnderWay
    taking: ProposalIntake
    sweeping: MarkSweeper


@pytest.fixture
def parts(small: SmallFederation, reading: ProposalVerifier, tmp_path: Path) -> Iterator[Parts]:
    charter, signer = small.charter(), small.party(GATEWAY).signer
    proposals, marks, under_way = ProposalStore(key=b"k" * 32), MarkKey(key=b"k" * 32), UnderWay()
    states, mark_store = ProposalStateStore(), MarkStore(marks=marks)
    with open_journal(
        tmp_path / "store.db",
        body_key=b"j" * 32,
        charter=charter,
        signer=signer,
        now=now,
        schemas=[schema.SCHEMA],
    ) as journal:
        taking = ProposalIntake(
            proposals=proposals,
            states=states,
            acknowledgements=AcknowledgementStore(key=b"k" * 32),
            marks=marks,
            mark_store=mark_store,
            under_way=under_way,
            reading=reading,
            journal=journal,
            charter=lambda: charter,
            now=now,
            wake=lambda _: None,
        )
        sweeping = MarkSweeper(
            states=states, marks=marks, mark_store=mark_store, under_way=under_way, journal=journal
        )
        yield Parts(journal, proposals, marks, under_way, taking, sweeping)


def test_proposals_of_before_get_their_marks_and_marks_go_when_nobody_waits(
    small: SmallFederation, parts: Parts
) -> None:
    journal, proposals, marks, under_way = parts.journal, parts.proposals, parts.marks, parts.under_way
    taking, sweeping = parts.taking, parts.sweeping
    key = key_of(POLICE, "ab" * 16)
    [prepared] = proposals.prepared(
        [Addressed("justice-1", key, POLICE, pb.Proposed(node=signed(small).node))]
    )
    unmarked = replace(prepared, row=prepared.row | {"marked": False})
    journal.run(lambda work: proposals.add(work, [unmarked]))
    assert concerned(journal, marks) == []
    assert taking.mark_earlier() == 1
    assert concerned(journal, marks) == [("justice-1", key, False)]
    assert taking.mark_earlier() == 0
    sweeping.sweep()
    assert concerned(journal, marks), "it waits"
    with under_way.question():
        under_way.acknowledged("justice-1", [key])
        journal.run(lambda work: proposals.acknowledged(work, "justice-1", [key]))
        sweeping.ended([key])
        sweeping.sweep()
        assert concerned(journal, marks) == [("justice-1", key, True)], "a question of before is under way"
        assert marks.present
    sweeping.sweep()
    assert concerned(journal, marks) == []
    assert not marks.present
    with journal.reading() as connection:
        [row] = connection.execute(sealing_proposal.select()).all()
    assert (row.acknowledged, row.body) == (True, b"")


def test_a_proposal_that_all_have_acknowledged_gets_no_marks_again_when_a_page_brings_it(
    small: SmallFederation, reading: ProposalVerifier, parts: Parts
) -> None:
    """The node that sealed has yet to hear of the last acknowledgement; no other one would come for these marks."""
    journal, proposals, marks = parts.journal, parts.proposals, parts.marks
    taking, sweeping = parts.taking, parts.sweeping
    old, new = (
        reading.proposals([signed(small, id_=id_ * 16, awaited=["justice-1"])], POLICE, strict=True)
        for id_ in ("ab", "cd")
    )
    journal.run(taking.spread(old, taking.missing(old)))
    journal.run(lambda work: proposals.acknowledged(work, "justice-1", [old[0].key]))
    sweeping.ended([old[0].key])
    sweeping.sweep()
    assert concerned(journal, marks) == []
    journal.run(taking.spread([*old, *new], taking.missing([*old, *new])))
    assert concerned(journal, marks) == [("justice-1", new[0].key, False)]
    taking.listed([*old, *new], POLICE)
    assert {key for _, key, acknowledged in concerned(journal, marks) if acknowledged} == set()


def test_marks_that_could_not_be_swept_are_swept_the_next_time(
    small: SmallFederation, reading: ProposalVerifier, parts: Parts
) -> None:
    journal, sweeping = parts.journal, parts.sweeping
    seals = reading.proposals([signed(small, awaited=["justice-1"])], POLICE, strict=True)
    sweeping.sweep()
    journal.run(parts.taking.spread(seals, parts.taking.missing(seals)))
    journal.run(lambda work: parts.proposals.acknowledged(work, "justice-1", [seals[0].key]))
    sweeping.ended([seals[0].key])
    journal.condition.found("the disk is gone")
    with pytest.raises(CannotAccount):
        sweeping.sweep()
    journal.condition = Condition()  # it is back
    assert concerned(journal, parts.marks)
    sweeping.sweep()
    assert concerned(journal, parts.marks) == []


def concerned(journal: Journal, marks: MarkKey) -> list[tuple[str, str, bool]]:
    with journal.reading() as connection:
        found = MarkStore(marks=marks).concerns(connection, marks.of([DIGEST]))
    return [(each.node, each.key, each.acknowledged) for each in found]


def test_marks_of_two_gateways_are_different() -> None:
    assert MarkKey(key=b"a" * 32).of([DIGEST]) != MarkKey(key=b"b" * 32).of([DIGEST])
