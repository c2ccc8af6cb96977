"""Notices that fit no record with certainty wait for an officer, who decides (R31)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.errors import NotFound
from federation.notices.receipts import stage_name
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2
from tests.support.noticed import REGISTERED, Fed, shown, tracked_id, wrong_digit
from tests.support.notices import judgment, release, sent, stages
from tests.support.records import ADULT, MINOR, Someone, record
from tests.support.waiting import wait_for


def test_r31_a_release_that_fits_nothing_waits_and_an_officer_decides(running_federation: Fed) -> None:
    someone, police = Someone(name="李四光"), running_federation.client("police")
    first = judgment(someone)
    sent(running_federation.client("court"), first)
    sent_notice = release(first)
    sent_notice.ClearField("judgment")
    number = someone.number
    sent_notice.person.identifiers[0].number = wrong_digit(number)
    sent_notice.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    (tracked,) = sent(running_federation.client("prison"), sent_notice)
    assert stages(tracked)["police-1"] == "received"
    waiting = next(w for w in police.notices.waiting("police-1") if w.digest == tracked.notice)
    best = waiting.candidates[0]
    assert "identity number differs in one digit" in best.reasons
    decided = police.notices.decide(
        "police-1",
        pb.Decision(
            notice=tracked.notice,
            kind=pb.DECISION_KIND_APPLY,
            record_id=best.record_id,
            reason="身份证号一位误写，其余一致",
        ),
    )
    assert stage_name(decided.stage) == "registered"
    assert decided.version == 2
    assert police.register.show("police-1", best.record_id).record.execution[0].on == "2022-06-20"
    with pytest.raises(NotFound):
        police.notices.decide(
            "police-1",
            pb.Decision(notice=tracked.notice, kind=pb.DECISION_KIND_REFUSE, reason="又一次"),
        )
    entries = running_federation.node_entries("police")
    assert any(e["kind"] == "notice_decided" and e["notice"] == tracked.notice.hex() for e in entries)


def test_r30_a_court_is_told_how_an_officer_decided_on_its_second_judgment(running_federation: Fed) -> None:
    court, police = running_federation.client("court"), running_federation.client("police")
    first = judgment(Someone(), months=36)
    second = pb.Notice()
    second.CopyFrom(first)
    second.record.combined_penalty.months = second.record.offences[0].penalty.months = 40
    (_, tracked) = sent(court, first, second)
    assert stages(tracked)["police-1"] == "conflict"
    refusal = pb.Decision(notice=tracked.notice, kind=pb.DECISION_KIND_REFUSE, reason="与原判决不符，请核对")
    police.notices.decide("police-1", refusal)
    (now,) = wait_for(
        lambda: court.notices.track([tracked.notice]),
        lambda seen: stages(seen[0])["police-1"] == "refused",
        what="the officer's refusal",
    )
    assert now.stages[-1][1].reason == "与原判决不符，请核对"


def test_r31_a_release_finds_a_sealed_record_and_candidates_leave_it_out(running_federation: Fed) -> None:
    young, police = Someone(born=MINOR, name="未成年"), running_federation.client("police")
    first = judgment(young)
    (entered,) = sent(running_federation.client("court"), first)
    (done,) = sent(running_federation.client("prison"), release(first))
    assert stages(done) == REGISTERED
    with pytest.raises(NotFound):
        police.register.show("police-1", tracked_id(entered, "police-1"))
    stray = release(first, on="2023-01-01")
    stray.ClearField("judgment")
    stray.person.identifiers[0].number = wrong_digit(young.number)
    stray.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    (tracked,) = sent(running_federation.client("prison"), stray)
    waiting = next(w for w in police.notices.waiting("police-1") if w.digest == tracked.notice)
    assert not waiting.candidates


@pytest.mark.parametrize("born", [ADULT, MINOR])
def test_r31_without_a_judgment_number_an_officer_applies_it_to_the_only_fitting_conviction(
    running_federation: Fed, born: date
) -> None:
    """Sealed or not: where the record cannot be shown to the officer, no id comes back either."""
    police = running_federation.client("police")
    first = judgment(Someone(born=born))
    (entered,) = sent(running_federation.client("court"), first)
    sent_notice = release(first)
    sent_notice.ClearField("judgment")
    (tracked,) = sent(running_federation.client("prison"), sent_notice)
    assert stages(tracked) == {"gateway-1": "accepted", "police-1": "received", "justice-1": "received"}
    apply = pb.Decision(notice=tracked.notice, kind=pb.DECISION_KIND_APPLY, reason="身份证号仅此一案")
    decided = police.notices.decide("police-1", apply)
    assert stage_name(decided.stage) == "registered"
    record_id = tracked_id(entered, "police-1")
    assert decided.record_id == ("" if born == MINOR else record_id)
    changes = [e for e in running_federation.node_entries("police") if e["kind"] == "amended"]
    assert changes[-1]["record"] == record_id


def test_r31_another_identity_number_in_the_same_judgment_is_a_persons_to_tell(
    running_federation: Fed,
) -> None:
    """Two namesakes of one day in one judgment: the number tells them apart; a third number fits neither."""
    court, prison, police = (running_federation.client(m) for m in ("court", "prison", "police"))
    someone = Someone(name="张同名")
    twin = Someone(name="张同名")
    first = judgment(someone)
    second = judgment(twin, number=first.record.judgment_number.original)
    (one, other) = sent(court, first, second)
    (tracked,) = sent(prison, release(second))
    assert stages(tracked)["police-1"] == "registered"
    assert [len(shown(running_federation, "police", entered).execution) for entered in (one, other)] == [0, 1]
    stray = release(first)
    stray.person.identifiers[0].number = wrong_digit(twin.number)
    (sent_notice,) = sent(prison, stray)
    assert stages(sent_notice)["police-1"] == "received"
    waiting = next(w for w in police.notices.waiting("police-1") if w.digest == sent_notice.notice)
    likeliest = {c.record.person.identifiers[0].number for c in waiting.candidates[:2]}
    assert likeliest == {someone.number, twin.number}


def test_r31_a_second_end_of_one_execution_is_kept_for_an_officer(running_federation: Fed) -> None:
    prison, police, first = (
        running_federation.client("prison"),
        running_federation.client("police"),
        judgment(Someone()),
    )
    (entered,) = sent(running_federation.client("court"), first)
    (done,) = sent(prison, release(first))
    (other,) = sent(prison, release(first, on="2022-06-21"))
    assert stages(other) == {"gateway-1": "accepted", "police-1": "conflict", "justice-1": "conflict"}
    record_id = tracked_id(entered, "police-1")
    assert [e.on for e in police.register.show("police-1", record_id).record.execution] == ["2022-06-20"]
    sent_notice = pb.Decision(notice=other.notice, kind=pb.DECISION_KIND_REFUSE, reason="前一通知无误")
    assert police.notices.decide("police-1", sent_notice).stage == pb.NOTICE_STAGE_REFUSED
    (again,) = sent(prison, release(first))
    assert again.notice == done.notice


def test_another_content_for_the_same_judgment_is_kept_for_an_officer(running_federation: Fed) -> None:
    court, police = running_federation.client("court"), running_federation.client("police")
    first = judgment(Someone(), months=36)
    sent(court, first)
    second = pb.Notice()
    second.CopyFrom(first)
    second.record.combined_penalty.months = second.record.offences[0].penalty.months = 48
    (tracked,) = sent(court, second)
    assert stages(tracked)["police-1"] == "conflict"
    decided = police.notices.decide(
        "police-1",
        pb.Decision(notice=tracked.notice, kind=pb.DECISION_KIND_APPLY, reason="以法院更正为准"),
    )
    assert decided.version == 2
    assert police.register.show("police-1", decided.record_id).record.combined_penalty.months == 48


def test_a_judgment_supersedes_what_the_agency_had_entered_itself(running_federation: Fed) -> None:
    someone, police = Someone(), running_federation.client("police")
    first = judgment(someone, months=30)
    own = record(someone, "police", number=first.record.judgment_number.original, months=36)
    entered = police.register.enter("police-1", own)
    (tracked,) = sent(running_federation.client("court"), first)
    assert tracked_id(tracked, "police-1") == entered.record_id
    assert [
        e.record.combined_penalty.months for e in police.register.history("police-1", entered.record_id)
    ] == [
        36,
        30,
    ]
