"""One node's part when seals spread (R45): what it makes, whom it awaits, what it holds, and what it refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from federation.statements.seals import ACKNOWLEDGEMENT, PROPOSAL, open_acknowledgement, sign
from federation.v1 import identity_pb2, query_pb2, record_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation
from federation.values.tokens import case_digest, judgment_digests, person_digests, subject_digests
from node.identity.merging import PersonMerger
from node.register.entering import Registrar
from node.register.links_schema import person_link_digest
from node.sealing import gateway_holds, spreading_store
from node.sealing.certifying import SealCertifier
from node.sealing.concerning import SpreadingSeals
from node.sealing.holding import TOO_MANY_HELD, ProposalHolder
from node.sealing.ordering import SealOrders
from node.sealing.outbox import ProposalOutbox
from node.sealing.welcoming import Welcome
from node.store import schema
from node.store.counted import count_out
from node.store.reading import sealed_reader
from server.journal.work import Work
from tests.support.federation import FEDERATION, GATEWAY
from tests.support.records import MINOR, Someone, case_number, open_record, record, sealed_record
from tests.support.register import NODE, RegisterUnderTest, act, run_out

OTHER = "procuratorate/node/procuratorate-1"
RULING = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_RULING, reference="（2026）京0105刑再1号", issuer="北京市朝阳区人民法院"
)
SIX_YEARS = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72)


class Node(RegisterUnderTest):
    """Police node 1 of a federation with one other node and a gateway, without servers."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, agencies=("police", "procuratorate"))
        self.register = self.shared()
        self.outbox = ProposalOutbox(
            journal=self.journal,
            sealer=self.register.sealer,
            sealed_reader=sealed_reader(self.journal.engine, self.register.sealer.sealed_vault),
            signer=self.party.signer,
            node=self.federation.charter().nodes[0].name,
            charter=self.federation.charter,
            now=lambda: self.at,
        )
        self.spreading = SpreadingSeals(register=self.register, outbox=self.outbox)
        self.holding = ProposalHolder(
            register=self.register,
            node=self.federation.charter().nodes[0].name,
            charter=self.federation.charter,
            signer=self.party.signer,
        )
        self.merging = PersonMerger(
            register=self.register,
            others=self.others(),
            lookup_key=self.keys.lookup,
            wrap_key=self.keys.wrap,
        )

    def handed(self) -> list[sealing_pb2.SealingProposal]:
        """Hand the gateway all that waits for it; return what it was given."""
        while self.outbox.make():
            pass
        page = self.outbox.page_for(GATEWAY)
        self.outbox.taken(GATEWAY, page)
        return [sealing_pb2.SealingProposal.FromString(each.node.payload) for each in page.proposed]

    def acknowledged(self, proposal: sealing_pb2.SealingProposal, *installations: str) -> None:
        """Have nodes acknowledge a proposal."""
        certifying = SealCertifier(
            register=self.register,
            reader=sealed_reader(self.journal.engine, self.register.sealer.sealed_vault),
            charter=self.federation.charter,
            signer=self.party.signer,
            insist_sound=lambda: None,
        )
        page = [self._acknowledgement(proposal, Installation.parse(each)) for each in installations]
        certifying.acknowledged(sealing_pb2.AcknowledgementPage(acknowledgements=page), act())

    def _acknowledgement(self, proposal: sealing_pb2.SealingProposal, by: Installation) -> Envelope:
        body = sealing_pb2.SealingAcknowledgement(
            federation=FEDERATION,
            proposal_id=proposal.proposal_id,
            proposer=str(NODE),
            node=by.name,
            installation=str(by),
            stance=sealing_pb2.SEALING_STANCE_IN_FORCE,
            at=proposal.proposed_at,
        )
        return sign(ACKNOWLEDGEMENT, body, self.federation.party(str(by)).signer)

    def hold(self, *proposed: sealing_pb2.Proposed) -> list[sealing_pb2.SealingAcknowledgement]:
        """Have a gateway deliver proposals; return the node's answers."""
        gateway = act()
        gateway = type(gateway)(Installation.parse(GATEWAY), "gateway", gateway.once)
        answers = self.holding.hold(sealing_pb2.SealingProposalPage(proposed=proposed), gateway)
        charter = self.federation.charter()
        return [open_acknowledgement(each, charter, now=self.at) for each in answers]

    def proposed_by_other(self, made: record_pb2.Record) -> sealing_pb2.Proposed:
        """Return the procuratorate's signed proposal about a record that it has sealed."""
        known = record_pb2.Record()
        known.CopyFrom(made)
        known.judgment_number.canonical = known.judgment_number.original
        persons = list(person_digests(known.person))
        numbers, finals = judgment_digests(known)
        proposal = sealing_pb2.SealingProposal(
            proposal_id=f"{len(self.statuses()):032x}"[:31] + "1",
            rule="SEALED-BY-A-HOLDER",
            person_digests=persons,
            judgment_digests=numbers,
            final_digests=finals,
            proposer=OTHER,
            proposed_at=self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        )
        return sealing_pb2.Proposed(node=sign(PROPOSAL, proposal, self.federation.party(OTHER).signer))

    def counted(self, table: object) -> int:
        """Return how many rows a table has."""
        with self.journal.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


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


def unsealing(record_id: str, version: int) -> sealing_pb2.Unsealing:
    return sealing_pb2.Unsealing(
        record_id=record_id,
        expected_version=version,
        ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
        combined_penalty=SIX_YEARS,
        instrument=RULING,
        reason="再审改判",
    )


def test_r45_a_seal_spreads_until_every_node_and_every_gateway_has_it(node: Node) -> None:
    someone, made = sealed_record("police")
    assert not node.spreading.anything()
    node.enter(made)
    assert node.spreading.anything(), "from the commit on, before any proposal is made"
    [early] = node.spreading.about(subject(someone))
    assert sorted(early.awaited) == ["police-1", "procuratorate-1"]
    [proposal] = node.handed()
    node.acknowledged(proposal, str(NODE))
    assert [list(each.awaited) for each in node.spreading.about(subject(someone))] == [["procuratorate-1"]]
    node.acknowledged(proposal, OTHER)
    assert not node.spreading.anything()
    assert node.spreading.about(subject(someone)) == []
    assert node.counted(schema.sealing_spreading) == 0, "nothing lists the person any longer"


def test_r45_a_seal_that_no_gateway_has_taken_spreads_though_every_node_has_acknowledged(node: Node) -> None:
    someone, made = sealed_record("police")
    node.enter(made)
    while node.outbox.make():
        pass
    [waiting] = node.outbox.page_for(GATEWAY).proposed
    node.acknowledged(sealing_pb2.SealingProposal.FromString(waiting.node.payload), str(NODE), OTHER)
    assert node.spreading.anything()
    assert len(node.spreading.about(subject(someone))) == 1
    node.handed()
    assert not node.spreading.anything()


def test_r45_what_spreads_about_others_is_not_given_out(node: Node) -> None:
    node.enter(sealed_record("police")[1])
    assert node.spreading.about(subject(Someone())) == []


def test_r45_many_seals_about_one_name_go_with_its_answer_up_to_one_too_many(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = Someone(name="张三丰", born=MINOR)
    for _ in range(70):  # namesakes, born on the same day
        node.enter(record(Someone(name=someone.name, born=MINOR), "police"))
    assert len(node.spreading.about(subject(someone))) == 70
    monkeypatch.setattr(spreading_store, "_KEYS", spreading_store._KEYS.limit(9))
    assert len(node.spreading.about(subject(someone))) == 9, "more are not read"


def test_r45_a_gateway_that_starts_takes_what_is_awaited_page_by_page(node: Node) -> None:
    for _ in range(3):
        node.enter(sealed_record("police")[1])
    handed = node.handed()
    first, last = node.spreading.page(sealing_pb2.SpreadingQuery(limit=2), act())
    rest, end = node.spreading.page(sealing_pb2.SpreadingQuery(after=last, limit=2), act())
    listed = [sealing_pb2.SealingProposal.FromString(p.node.payload).proposal_id for p in (*first, *rest)]
    assert sorted(listed) == sorted(p.proposal_id for p in handed)
    assert not end
    for proposal in handed:
        node.acknowledged(proposal, str(NODE), OTHER)
    assert node.spreading.page(sealing_pb2.SpreadingQuery(limit=2), act()) == ([], "")


def test_r45_a_withdrawal_that_was_sent_is_never_taken_back_by_sealing_again(node: Node) -> None:
    """The reply to the withdrawal is lost and the record sealed again: holders would pass the old id over."""
    _, made = sealed_record("police")
    receipt = node.enter(made)
    [first] = node.handed()
    ordering = SealOrders(register=node.register, at_exactly_five=lambda: False)
    unsealed = ordering.unseal(unsealing(receipt.record_id, 1), act())
    while node.outbox.make():
        pass
    [sent] = node.outbox.page_for(GATEWAY).proposed  # sent, and the reply lost
    assert sealing_pb2.SealingProposal.FromString(sent.node.payload).withdraws == first.proposal_id
    sealing = sealing_pb2.Sealing(
        record_id=receipt.record_id, expected_version=unsealed.version, instrument=RULING, reason="封存"
    )
    ordering.seal(sealing, act())
    again = node.handed()
    assert [p.withdraws for p in again if p.withdraws] == [first.proposal_id], "sent until it is taken"
    [second] = [p for p in again if not p.withdraws]
    assert second.proposal_id != first.proposal_id
    assert node.handed() == []


def test_r45_what_people_sealed_goes_before_what_an_import_sealed(node: Node) -> None:
    page = [sealed_record("police")[1] for _ in range(5)]
    Registrar(register=node.register).enter(page, act())
    _, made = sealed_record("police")
    node.enter(made)
    while node.outbox.make():
        pass
    assert [each.urgent for each in node.outbox.page_for(GATEWAY).proposed] == [True, *[False] * 5]


def test_r45_only_a_node_that_is_new_is_sent_what_was_sealed_before(node: Node) -> None:
    welcome = Welcome(node.journal)
    welcome.greet(node.federation.charter())
    someone, made = sealed_record("police")
    node.enter(made)
    [proposal] = node.handed()
    node.acknowledged(proposal, str(NODE), OTHER)
    with node.journal.engine.begin() as connection:  # as before the procuratorate joined
        for table in (schema.sealing_told, schema.sealing_acknowledgement):
            connection.execute(table.delete().where(table.c.node == "procuratorate-1"))
    Welcome(node.journal).greet(node.federation.charter())
    node.outbox.make()
    assert [list(each.awaited) for each in node.spreading.about(subject(someone))] == [["procuratorate-1"]]


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
