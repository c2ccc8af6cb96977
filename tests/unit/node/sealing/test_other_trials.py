"""A closed record closes the texts of trials that its own texts name; so does one of an earlier edition (R41)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, select

from federation.law.disclosure import Reach
from federation.record.classes import CRIMINAL
from federation.record.fields import CO_OFFENDERS
from federation.v1 import record_pb2 as pb
from federation.v1 import registry_pb2, sealing_pb2
from federation.values.tokens import case_digest, number_digest
from node.register.correcting import RecordCorrections
from node.sealing import judging, outbox
from node.store import schema, spread
from node.store.counted import count_out
from node.store.reading import open_reader
from server.journal.work import Work
from tests.support.records import Someone, case_number, record, sealed_record
from tests.support.register import NODE, act, run_out
from tests.support.sealing_node import OTHER, Node


class Played(Node):
    """A node with an adult's record, and with the sealed one of another trial that names the adult's."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.number, self.adult = case_number(), Someone()
        self.minor: pb.Record = sealed_record("police")[1]
        made = record(self.adult, "police", number=self.number)
        made.extensions[CO_OFFENDERS] = self.minor.person.names[0].text
        self.minor.extensions[CO_OFFENDERS] = f"见{self.number}"
        run_out(self.resealing())
        self.grown = bytes.fromhex(self.enter(made).record_id)
        self.young = bytes.fromhex(self.enter(self.minor).record_id)

    def handed_about(self, number: str) -> list[sealing_pb2.SealingProposal]:
        """Return the spreading proposals that go with an answer about a judgment."""
        found = self.spreading.about([number_digest(number)])
        return [sealing_pb2.SealingProposal.FromString(each.node.payload) for each in found]

    def closes(self) -> bool:
        stored = open_reader(self.journal.engine, self.register.sealer.open_vault).show(self.grown)
        assert stored is not None
        return self.others().of({self.grown: stored.event.record}) == {self.grown}


@pytest.fixture
def played(tmp_path: Path) -> Played:
    return Played(tmp_path)


def test_r41_a_sealed_record_marks_the_trial_that_it_names(played: Played) -> None:
    """2022 Measures art. 5: the file of the adult who was tried apart bears the mark, under sealed access."""
    assert played.closes()
    [facet] = played.look_up(played.adult.subject(), Reach(sealed=(CRIMINAL,))).facets
    assert facet.contains_sealed


def test_r41_after_an_upgrade_a_sealed_record_is_found_by_the_trials_that_it_names(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    [proposal] = played.handed()
    played.acknowledged(proposal, OTHER)

    def as_stored_before(work: Work) -> None:
        sealer = played.register.sealer
        named = {*sealer.closed(_canonical(played.minor))} - {sealer.case(_canonical(played.minor))}
        its = schema.sealed_token.c.record_id == played.young, schema.sealed_token.c.token.in_(named)
        rows = work.view.execute(select(schema.sealed_token).where(*its)).mappings().all()
        assert len(rows) == 2
        for row in rows:
            count_out(work, schema.sealed_token.name, dict(row))
        work.view.execute(delete(schema.sealed_token).where(*its))

    played.journal.run(as_stored_before)
    assert not played.closes()
    monkeypatch.setattr(judging, "FINDING", "found-next")
    run_out(played.resealing())
    assert played.closes()
    [again] = played.handed()
    assert list(again.case_digests)[1:] == [number_digest(played.number)]


def test_r41_r45_what_an_earlier_program_proposed_does_not_stand_for_more(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its acknowledgement may come any time: it says nothing of the judgments that are proposed since."""
    with monkeypatch.context() as before:
        before.setattr(outbox, "closed_cases", lambda made: [case_digest(made)])
        [proposal] = played.handed()
    played.journal.run(lambda work: spread.propose_again(work, [played.young]))
    [again] = played.handed()
    assert list(again.case_digests)[1:] == [number_digest(played.number)]
    assert again.proposal_id != proposal.proposal_id
    played.acknowledged(proposal, OTHER, str(NODE))
    assert again.proposal_id in {each.proposal_id for each in played.handed_about(played.number)}
    played.journal.run(lambda work: spread.propose_again(work, [played.young]))
    assert played.handed() == [again], "made once"


def test_r41_a_sealed_record_that_names_many_trials_closes_the_texts_of_each(played: Played) -> None:
    """Four were followed up at the own node, and three were proposed to others."""
    numbers = [case_number() for _ in range(11)]
    adults = [record(Someone(), "police", number=number) for number in numbers]
    for made in adults:
        made.extensions[CO_OFFENDERS] = played.minor.person.names[0].text
    entered = {bytes.fromhex(played.enter(made).record_id): _canonical(made) for made in adults}
    assert played.others().of(entered) == set()
    played.minor.extensions[CO_OFFENDERS] = f"见{'、'.join(numbers)}"
    again = sealed_record("police")[1]
    again.extensions[CO_OFFENDERS] = played.minor.extensions[CO_OFFENDERS]
    played.enter(again)
    assert played.others().of(entered) == set(entered)
    [proposal] = [each for each in played.handed() if len(each.case_digests) > 2]
    assert {*proposal.case_digests} >= {number_digest(number) for number in numbers}
    for number in numbers:
        assert proposal in played.handed_about(number)


def test_r41_a_link_in_the_reason_of_a_correction_of_a_sealed_record_counts_too(played: Played) -> None:
    number, made = case_number(), record(Someone(), "police")
    made.judgment_number.original = number
    made.extensions[CO_OFFENDERS] = played.minor.person.names[0].text
    entered = {bytes.fromhex(played.enter(made).record_id): _canonical(made)}
    assert played.others().of(entered) == set()
    amendment = registry_pb2.Amendment(
        record_id=played.young.hex(),
        expected_version=1,
        record=played.minor,
        reason=f"与{number}分案审理，补充",
    )
    amendment.record.person.names.add(kind=pb.NAME_KIND_ALIAS, text="老毒物")
    RecordCorrections(register=played.shared(), others=played.others()).amend(amendment, act())
    assert played.others().of(entered) == set(entered)
    assert number_digest(number) in played.handed()[-1].case_digests


def _canonical(made: pb.Record) -> pb.Record:
    known = pb.Record()
    known.CopyFrom(made)
    known.judgment_number.canonical = known.judgment_number.original
    return known
