"""An officer decides once that a candidate is not this person, and sees no text that may name another (R34, R41)."""

from __future__ import annotations

import pytest

from federation.errors import AlreadyExists, InvalidRequest, NotFound, OutOfOrder, Stale
from federation.record.others import REASON
from federation.v1 import identity_pb2, registry_pb2
from federation.v1 import record_pb2 as rec
from tests.support import asking
from tests.support.names_alone import CLEAN, CONFIRM, RULING, Fed, faults, finding, name_only
from tests.support.records import MINOR, Someone, case_number, record


def test_r34_an_officer_decides_once_that_it_is_not_this_person(running_federation: Fed) -> None:
    receipt = running_federation.enter("police", name_only(Someone(name="独孤求败")))
    applicant, namesake = Someone(name="獨孤求敗"), Someone(name="独孤求败")
    case, own = asking.case(applicant.subject()), asking.own(applicant.subject())
    assert finding(running_federation, own) == CONFIRM
    client = running_federation.client("police")
    officer = client.identities("police-1")
    shown = officer.candidates(applicant.subject(), "申请被拦下")
    assert ([c.record_id for c in shown.candidates], shown.too_many) == ([receipt.record_id], False)
    decision = identity_pb2.Distinction(
        subject=applicant.subject(),
        record_id=receipt.record_id,
        expected_version=1,
        reason="指纹不同",
        instrument=RULING,
    )
    made = officer.distinguish(decision)
    assert (made.stands, made.events[0].officer) == (True, client.connection.officer)
    with pytest.raises(AlreadyExists):
        officer.distinguish(decision)
    assert not officer.candidates(applicant.subject(), "复核").candidates
    for query in (case, own):
        assert finding(running_federation, query) in CLEAN
    assert finding(running_federation, asking.case(namesake.subject())) == CONFIRM, "for one number alone"
    assert [each.distinction_id for each in officer.distinctions(made.distinction_id)] == [
        made.distinction_id
    ]
    # Once the record's person is corrected, nobody has decided about that person.
    [shown_record] = [officer.candidates(namesake.subject(), "复核").candidates[0].record]
    shown_record.person.names.add(kind=rec.NAME_KIND_ALIAS, text="剑魔")
    client.register.amend(
        "police-1",
        registry_pb2.Amendment(
            record_id=receipt.record_id, expected_version=1, record=shown_record, reason="补别名"
        ),
    )
    assert finding(running_federation, own) == CONFIRM
    decision.expected_version = 2
    made = officer.distinguish(decision)
    assert finding(running_federation, own) in CLEAN
    undone = officer.undo_distinction(made, "指纹比对有误")
    assert (undone.stands, [e.step for e in undone.events]) == (
        False,
        [identity_pb2.DISTINCTION_STEP_MADE, identity_pb2.DISTINCTION_STEP_UNDONE],
    )
    assert finding(running_federation, own) == CONFIRM
    with pytest.raises(OutOfOrder):
        officer.undo_distinction(undone, "再撤")


def test_r34_a_certain_or_sealed_or_changed_record_is_not_distinguished(running_federation: Fed) -> None:
    someone = Someone(name="令狐聪")
    receipt = running_federation.enter("police", record(someone, "police"))
    sealed = running_federation.enter("police", record(Someone(born=MINOR), "police"))
    decision = identity_pb2.Distinction(
        subject=someone.subject(),
        record_id=receipt.record_id,
        expected_version=1,
        reason="不是本人",
        instrument=RULING,
    )
    client = running_federation.client("police")
    officer = client.identities("police-1")
    with pytest.raises(OutOfOrder, match="split"):
        officer.distinguish(decision)
    stale = identity_pb2.Distinction()
    stale.CopyFrom(decision)
    stale.subject.CopyFrom(Someone(name="令狐聪").subject())
    stale.expected_version = 2
    with pytest.raises(Stale):
        officer.distinguish(stale)
    errors = []
    for record_id in (sealed.record_id, "00" * 16):
        decision.record_id = record_id
        with pytest.raises(NotFound) as refused:
            officer.distinguish(decision)
        errors.append(str(refused.value))
    assert errors[0] == errors[1], "a sealed record is as unknown"
    decision.subject.ClearField("identifiers")
    with pytest.raises(InvalidRequest) as wrong:
        officer.distinguish(decision)
    assert faults(wrong.value) == {("subject.identifiers", "R34")}


def test_r41_candidates_and_decisions_on_them_are_shown_without_texts_that_may_name_a_sealed_accomplice(
    running_federation: Fed,
) -> None:
    number, title = case_number(), "与完颜小王爷共同犯罪一案的通报"
    made = name_only(Someone(name="杨铁心"))
    made.judgment_number.original, made.instrument.reference = number, title
    receipt = running_federation.enter("police", made)
    applicant, other = Someone(name="杨铁心"), Someone(name="杨铁心")
    officer = running_federation.client("police").identities("police-1")
    [before] = officer.candidates(other.subject(), "申请被拦下").candidates
    decided = officer.distinguish(
        identity_pb2.Distinction(
            subject=applicant.subject(),
            record_id=receipt.record_id,
            expected_version=1,
            reason="同案完颜小王爷指认",
            instrument=RULING,
        )
    )
    assert (before.record.instrument.reference, decided.events[0].reason) == (title, "同案完颜小王爷指认")
    running_federation.enter("police", record(Someone(born=MINOR), "police", number=number))
    [after] = officer.candidates(other.subject(), "申请被拦下").candidates
    [listed] = officer.distinctions(decided.distinction_id)
    assert "完颜" not in str(after) + str(listed)
    assert (after.record.instrument.reference, listed.events[0].reason) == (number, REASON)


def test_r41_a_decision_on_a_record_that_is_sealed_since_is_shown_no_more_and_can_be_undone(
    running_federation: Fed,
) -> None:
    made = name_only(Someone(name="梅超凤"))
    receipt = running_federation.enter("police", made)
    officer = running_federation.client("police").identities("police-1")
    decided = officer.distinguish(
        identity_pb2.Distinction(
            subject=Someone(name="梅超凤").subject(),
            record_id=receipt.record_id,
            expected_version=1,
            reason="不是本人",
            instrument=RULING,
        )
    )
    made.adulthood_proven = False  # nothing tells any more that it may be open
    running_federation.amend("police", receipt.record_id, 1, made)
    assert decided.distinction_id not in {each.distinction_id for each in officer.distinctions()}
    with pytest.raises(NotFound):
        officer.distinctions(decided.distinction_id)
    undone = officer.undo_distinction(decided, "复核")
    assert (undone.stands, list(undone.events)) == (False, [])
