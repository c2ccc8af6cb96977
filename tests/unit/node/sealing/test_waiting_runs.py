"""Whom new rules close is protected from their first moment, though the run that moves the record waits (A14, R41)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from federation.errors import NotFound
from federation.law.disclosure import Reach
from federation.law.sealing import Status
from federation.record.classes import CRIMINAL
from federation.record.fields import CO_OFFENDERS
from federation.v1 import record_pb2 as pb
from federation.v1 import registry_pb2, sealing_pb2
from federation.values.clock import legal_day, parse_stamp
from node.store import schema
from node.store.reading import open_reader
from tests.support.records import Someone, record
from tests.support.register import NEW, OLD, RegisterUnderTest, act, run_out
from tests.unit.node.sealing.test_resealing import spanning

WAITS = sealing_pb2.RESEAL_STATE_AWAITS_APPROVAL
_OPEN = Status.OPEN


class Played:
    """An adult whose record names another offender of the judgment, who is open by the newer profile alone."""

    def __init__(self, home: Path) -> None:
        self.register = RegisterUnderTest(home)
        self.register.profile = NEW
        self.register.judge_anew()
        young = spanning(pb.MAIN_ACTS_NO)
        self.adult = Someone()
        made = record(self.adult, "police", number=young.judgment_number.original)
        made.extensions[CO_OFFENDERS] = young.person.names[0].text
        self.young = self.register.enter(young)
        self.grown = self.register.enter(made)

    def closes(self) -> bool:
        """Say whether texts of the adult's record are for sealed access alone."""
        return self.closes_in(self.grown)

    def closes_in(self, receipt: registry_pb2.Receipt) -> bool:
        id, journal = bytes.fromhex(receipt.record_id), self.register.journal
        stored = open_reader(journal.engine, self.register.shared().sealer.open_vault).show(id)
        assert stored is not None
        return self.register.others().of({id: stored.event.record}) == {id}

    def marked(self) -> bool:
        """Say whether sealed access is told that the judgment has a closed offender."""
        reach = Reach(sealed=(CRIMINAL,))
        return self.register.look_up(self.adult.subject(), reach).facets[0].contains_sealed

    def tokens(self) -> int:
        with self.register.journal.reading() as view:
            return int(view.execute(select(func.count()).select_from(schema.open_token)).scalar_one())


@pytest.fixture
def played(tmp_path: Path) -> Played:
    made = Played(tmp_path)
    assert not made.closes()
    assert not made.marked()
    return made


def test_r41_texts_close_with_the_rules_and_not_with_the_run(played: Played) -> None:
    found_by = played.tokens()
    played.register.profile = OLD
    assert played.closes(), "nobody knows yet whom the rules close"
    run_out(played.register.resealing())
    assert played.register.the_run().state == WAITS
    assert played.register.statuses() == {"OPEN": 2}
    assert played.closes()
    assert played.marked()
    other = record(Someone(), "police")
    assert not played.closes_in(played.register.enter(other)), "other judgments keep their texts"
    played.register.profile = NEW
    assert played.closes()
    played.register.judge_anew()
    assert not played.closes()
    assert not played.marked()
    played.register.restarted()
    assert played.tokens() == found_by + len(played.register.shared().sealer.found_by(other, _OPEN)), (
        "nothing is left of the rules that were taken out of force"
    )


def test_r40_what_a_run_will_withhold_is_on_the_work_list_before_it_moves(played: Played) -> None:
    assert played.register.tasks() == []
    played.register.at += timedelta(days=40)
    played.register.profile = OLD
    run_out(played.register.resealing())
    [task] = played.register.tasks()
    assert (task.record_id, task.late) == (played.young.record_id, False)
    assert legal_day(parse_stamp(task.since)) == legal_day(played.register.at), (
        "counted from the day of the rules, not from the entry"
    )
    asked = sealing_pb2.Examination(record_id=task.record_id, reason="核对")
    facet, same = played.register.worklist().examine(asked, act())
    assert (facet.record_id, same) == (task.record_id, task)
    played.register.profile = NEW
    assert played.register.tasks() == []
    with pytest.raises(NotFound):
        played.register.worklist().examine(asked, act())


def test_r40_what_a_run_has_withheld_waits_since_that_run(played: Played) -> None:
    """Not since its entry, long before the rules: nobody could have decided then."""
    played.register.at += timedelta(days=40)
    played.register.profile = OLD
    played.register.judge_anew()
    assert played.register.statuses() == {"OPEN": 1, "WITHHELD": 1}
    played.register.at += timedelta(days=1)
    [task] = played.register.tasks()
    assert (task.record_id, task.late) == (played.young.record_id, False)
    assert parse_stamp(task.since) == played.register.at - timedelta(days=1)
