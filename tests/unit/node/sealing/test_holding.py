"""What a node withholds because another holder or a gateway proposes it (R45), and what it refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from federation.v1 import identity_pb2, query_pb2, record_pb2, sealing_pb2
from federation.values.tokens import case_digest, person_digests, subject_digests
from node.register.links_schema import person_link_digest
from node.sealing import gateway_holds
from node.sealing.holding import TOO_MANY_HELD
from node.store import schema
from node.store.counted import count_out
from server.journal.work import Work
from tests.support.records import Someone, case_number, open_record, record, sealed_record
from tests.support.register import act, run_out
from tests.support.sealing_node import OTHER, Node

RULING = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_RULING, reference="（2026）京0105刑再1号", issuer="北京市朝阳区人民法院"
)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def subject(someone: Someone) -> list[bytes]:
    return [d for each in subject_digests(someone.subject()) for d in each]


def two_persons() -> tuple[tuple[Someone, record_pb2.Record], tuple[Someone, record_pb2.Record]]:
    """Return records of two registrations that share neither number nor name and birth date."""
    one, other = Someone(), Someone(name="李四光", born=date(1981, 7, 8))
    return (one, record(one, "police")), (other, record(other, "police"))


def merge(node: Node, one: str, other: str) -> identity_pb2.PersonMerge:
    body = identity_pb2.Merge(
        one=identity_pb2.RecordVersion(record_id=one, expected_version=1),
        other=identity_pb2.RecordVersion(record_id=other, expected_version=1),
        reason="同一人",
        instrument=RULING,
    )
    return node.merging.merge(body, act())


def test_r45_a_proposal_holds_the_copy_under_the_other_number_of_a_merged_person(node: Node) -> None:
    (_, mine), (other, unrelated) = two_persons()
    receipt, second = node.enter(mine), node.enter(unrelated)
    merge(node, receipt.record_id, second.record_id)
    theirs = record(other, "procuratorate", number=mine.judgment_number.original)
    [answer] = node.hold(node.proposed_by_other(theirs))
    assert answer.stance == sealing_pb2.SEALING_STANCE_IN_FORCE
    assert node.statuses() == {"WITHHELD": 1, "OPEN": 1}


def test_r45_a_merge_holds_both_sides_against_what_is_remembered_and_its_undoing_frees_them(
    node: Node,
) -> None:
    (_, mine), (other, unrelated) = two_persons()
    receipt, second = node.enter(mine), node.enter(unrelated)
    theirs = record(other, "procuratorate", number=mine.judgment_number.original)
    node.hold(node.proposed_by_other(theirs))
    assert node.statuses() == {"OPEN": 2}, "nothing says yet that these are one person"
    merged = merge(node, receipt.record_id, second.record_id)
    assert node.statuses() == {"WITHHELD": 1, "OPEN": 1}
    undoing = identity_pb2.MergeUndoing(merge_id=merged.merge_id, expected_version=1, reason="误并")
    node.merging.undo(undoing, act())
    assert node.statuses() == {"OPEN": 2}
    assert node.counted(person_link_digest) == 0


def test_r45_a_copy_entered_under_the_other_number_after_the_merge_is_withheld(node: Node) -> None:
    (one, mine), (other, unrelated) = two_persons()
    merge(node, node.enter(mine).record_id, node.enter(unrelated).record_id)
    late = record(one, "police")
    theirs = record(other, "procuratorate", number=late.judgment_number.original)
    node.hold(node.proposed_by_other(theirs))
    node.enter(late)
    assert node.statuses() == {"WITHHELD": 1, "OPEN": 2}


def by_gateway(**fields: object) -> sealing_pb2.Proposed:
    proposal = sealing_pb2.SealingProposal(proposal_id="0" * 31 + "9", rule="S1-DISAGREEMENT", **fields)  # type: ignore[arg-type]
    return sealing_pb2.Proposed(gateway=proposal)


@pytest.mark.parametrize("withdrawing", [True, False])
def test_r45_a_gateway_cannot_lift_or_forge_a_nodes_seal(node: Node, withdrawing: bool) -> None:
    someone, made = open_record("police")
    node.enter(made)
    proposed = node.proposed_by_other(made)
    node.hold(proposed)
    assert node.statuses() == {"WITHHELD": 1}
    held = sealing_pb2.SealingProposal.FromString(proposed.node.payload)
    fields: dict[str, object] = {"proposer": OTHER, "record_id": "0" * 32}
    if withdrawing:
        fields["withdraws"] = held.proposal_id
    else:
        fields |= {"person_digests": subject(someone), "final_digests": subject(someone)}
    [answer] = node.hold(by_gateway(**fields))
    assert (answer.stance, answer.reason) == (sealing_pb2.SEALING_STANCE_REFUSED, "INVALID_PROPOSAL")
    assert node.statuses() == {"WITHHELD": 1}


def test_r45_what_a_gateway_may_have_withheld_in_a_day_is_limited(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_holds, "MOST_A_DAY", 2)
    ids = [node.enter(open_record("police")[1]).record_id for _ in range(3)]
    reasons = [node.hold(by_gateway(record_id=each))[0].reason for each in ids]
    assert reasons == ["", "", TOO_MANY_HELD]
    assert node.statuses() == {"WITHHELD": 2, "OPEN": 1}


def test_r45_what_nodes_have_withheld_takes_no_room_of_the_gateway_that_delivers_it(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_holds, "MOST_A_DAY", 2)
    someone, made = open_record("police")
    by_nodes = [made, record(someone, "police")]
    ids = [node.enter(each).record_id for each in (*by_nodes, *(open_record("police")[1] for _ in range(3)))]
    proposed = [node.proposed_by_other(each) for each in by_nodes]
    proposed += [by_gateway(record_id=each) for each in ids[2:]]
    for number, each in enumerate(proposed[2:]):
        each.gateway.proposal_id = f"{number:031x}f"
    assert [answer.reason for answer in node.hold(*proposed)] == ["", "", "", "", TOO_MANY_HELD]
    assert node.statuses() == {"WITHHELD": 4, "OPEN": 1}


def test_r45_a_gateway_that_takes_the_id_of_a_nodes_seal_has_it_neither_refused_nor_denied(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_holds, "MOST_A_DAY", 0)
    made, other = open_record("police")[1], open_record("police")[1]
    node.enter(made)
    seal = node.proposed_by_other(made)
    of_gateway = by_gateway(record_id=node.enter(other).record_id)
    of_gateway.gateway.proposal_id = sealing_pb2.SealingProposal.FromString(seal.node.payload).proposal_id
    of_node, of_gateway_alone = node.hold(seal, of_gateway)
    assert (of_node.proposer, of_node.stance, of_node.reason) == (
        OTHER,
        sealing_pb2.SEALING_STANCE_IN_FORCE,
        "",
    )
    assert of_gateway_alone.reason == TOO_MANY_HELD


def test_r41_a_seal_that_is_no_proposal_yet_is_found_by_its_judgment(node: Node) -> None:
    """A question about another offender of the judgment brings it along, however many seals an import has left."""
    number = case_number()
    imported = [sealed_record("police")[1] for _ in range(70)]
    sealed = sealed_record("police", number=number)[1]
    for made in (*imported, sealed):
        node.enter(made)
    canonical = record(Someone(), number=number)
    canonical.judgment_number.canonical = number
    [proposed] = node.spreading.about([case_digest(canonical)])
    proposal = sealing_pb2.SealingProposal.FromString(proposed.node.payload)
    assert list(proposal.case_digests) == [case_digest(canonical)]
    assert node.counted(schema.sealing_spread) == 70, "nothing else was made for it"


def test_r45_a_seal_that_came_before_its_record_was_found_holds_it_once_it_is(node: Node) -> None:
    """An earlier program did not find a residence permit's number of GB 11643 as a citizen number."""
    someone = Someone()
    here = record(someone, "police")
    sealed_there = record(someone, number=here.judgment_number.original)
    here.person.identifiers[0].type = record_pb2.IDENTIFIER_TYPE_RESIDENCE_PERMIT
    here.person.names[0].text = "张叁丰"
    record_id = bytes.fromhex(node.enter(here).record_id)
    permit = next(person_digests(here.person))

    def as_stored_before(work: Work) -> None:
        [known] = node.register.sealer.digest_tokens([permit])
        its = schema.open_token.c.record_id == record_id, schema.open_token.c.token != known
        for row in work.view.execute(select(schema.open_token).where(*its)).mappings().all():
            count_out(work, schema.open_token.name, dict(row))
        work.view.execute(delete(schema.open_token).where(*its))

    node.journal.run(as_stored_before)
    node.hold(node.proposed_by_other(sealed_there))
    assert node.statuses() == {"OPEN": 1}, "nothing leads from the seal to the record yet"
    run_out(node.resealing())
    assert node.statuses() == {"WITHHELD": 1}, "questions find the record by that number now"
    assert node.look_up(someone.subject()).outcome == query_pb2.OUTCOME_NONE
