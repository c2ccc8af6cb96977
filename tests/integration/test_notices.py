"""Notices from sender to register, against running servers (R23-R31)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from compose.local.layout import GATEWAY, NODES, node_installation
from federation.errors import NotFound, PermissionDenied
from federation.notices.due import lateness
from federation.notices.receipts import Tracked, stage_name
from federation.v1 import notice_pb2 as pb
from federation.v1 import query_pb2, record_pb2
from federation.values import clock
from federation.values.identifiers import check_character
from tests.support.asking import case
from tests.support.local import LocalFederation
from tests.support.notices import correction, judgment, recent, refused, release, sent, settled, stages
from tests.support.records import ADULT, MINOR, Someone, record
from tests.support.waiting import wait_for

Fed = LocalFederation
REGISTERED = {"gateway-1": "accepted", "police-1": "registered", "justice-1": "registered"}


def shown(fed: Fed, agency: str, entered: Tracked) -> record_pb2.Record:
    """Return the record that a node entered from a judgment, as the node shows it now."""
    name = NODES[agency]
    return fed.client(agency).register.show(name, tracked_id(entered, name)).record


def test_r23_an_effective_judgment_is_registered_where_it_belongs(running_federation: Fed) -> None:
    someone = Someone()
    (tracked,) = sent(running_federation.client("court"), judgment(someone))
    assert stages(tracked) == REGISTERED | {"procuratorate-1": "registered"}
    answer = running_federation.client("police").ask(case(someone.subject())).answer
    assert answer.finding == query_pb2.FINDING_RECORD
    assert len(answer.convictions) == 1
    assert shown(running_federation, "procuratorate", tracked).unknowns[0].field == "execution"
    assert not shown(running_federation, "justice", tracked).HasField("prosecuting_party")


def test_r23_a_judgment_that_is_not_effective_is_refused(running_federation: Fed) -> None:
    notice = recent(judgment(Someone()), days_ago=-1)
    assert ("R23", "record.final_on") in refused(running_federation.client("court"), notice)


def test_r23_a_final_date_within_the_appeal_period_is_refused(running_federation: Fed) -> None:
    notice = judgment(Someone())
    notice.record.final_on = "2019-06-13"
    assert refused(running_federation.client("court"), notice) == {("A5", "record.final_on")}
    notice.record.final_on = "2019-06-14"
    assert stages(sent(running_federation.client("court"), notice)[0])["police-1"] == "registered"


def test_r24_other_information_changes_the_record_and_leaves_the_version_before(
    running_federation: Fed,
) -> None:
    court, first = running_federation.client("court"), judgment(Someone())
    (entered,) = sent(court, first)
    sent_notice = pb.Notice(
        kind=pb.NOTICE_KIND_JUDGMENT_INFORMATION,
        matter=pb.MATTER_ORDINARY,
        occurred_on="2019-08-01",
        person=first.record.person,
        judgment=pb.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        changed=record_pb2.Record(final_on="2019-06-18"),
        changed_fields=["final_on"],
        reason="生效日期更正",
    )
    (tracked,) = sent(court, sent_notice)
    assert stages(tracked) == REGISTERED | {"procuratorate-1": "registered"}
    events = running_federation.client("police").register.history("police-1", tracked_id(entered, "police-1"))
    assert [e.record.final_on for e in events] == ["2019-06-16", "2019-06-18"]
    assert events[1].provenance.organ == "court"
    assert events[1].reason == "生效日期更正"


def tracked_id(tracked: Tracked, node: str) -> str:
    """Return the record that a node entered from a judgment."""
    return next(r.record_id for who, r in tracked.stages if who.endswith(node))


def test_r24_a_retrial_that_acquits_takes_the_record_out_of_every_answer(running_federation: Fed) -> None:
    court, someone = running_federation.client("court"), Someone()
    first = judgment(someone)
    sent(court, first)
    sent_notice = pb.Notice(
        kind=pb.NOTICE_KIND_RETRIAL_CHANGE,
        matter=pb.MATTER_ORDINARY,
        occurred_on="2021-08-01",
        person=first.record.person,
        judgment=pb.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        retrial=pb.RETRIAL_OUTCOME_ACQUITTED,
        reason="再审改判无罪",
    )
    (tracked,) = sent(court, sent_notice)
    assert set(stages(tracked).values()) == {"accepted", "registered"}
    answer = running_federation.client("police").ask(case(someone.subject())).answer
    assert answer.finding == query_pb2.FINDING_NO_RECORD


@pytest.mark.date_dependent
def test_r25_lateness_is_recorded_per_message_and_reported_per_sender(running_federation: Fed) -> None:
    court = running_federation.client("court")
    # No holiday moves a last day by more than ten days.
    in_time, late = recent(judgment(Someone()), 3), recent(judgment(Someone()), 25)
    receipts = court.notices.submit([in_time, late])
    today = clock.legal_day(clock.now())
    due, days = lateness("judgment", today - timedelta(days=25), today)
    assert days > 0
    assert [r.late_days for r in receipts] == [0, days]
    assert receipts[1].due_on == due.isoformat()
    settled(court, [r.notice for r in receipts])
    report = running_federation.client("interconnect").notices.report(GATEWAY)
    rows = {(r.sender, r.kind): r for r in report.rows}
    row = rows["court", pb.NOTICE_KIND_JUDGMENT]
    assert row.late >= 1
    assert row.notices > row.late
    at_node = running_federation.client("police").notices.report(node_installation("police"))
    assert any(r.sender == "court" and r.late for r in at_node.rows)


@pytest.mark.parametrize("sender", ["prison", "detention_house"])
def test_r26_a_release_reaches_the_household_registration_place(running_federation: Fed, sender: str) -> None:
    first = judgment(Someone())
    (entered,) = sent(running_federation.client("court"), first)
    (tracked,) = sent(running_federation.client(sender), release(first))
    assert stages(tracked) == REGISTERED
    sent_notice = shown(running_federation, "police", entered)
    assert [(e.kind, e.on) for e in sent_notice.execution] == [
        (record_pb2.EXECUTION_KIND_COMPLETED, "2022-06-20")
    ]
    assert not [u for u in sent_notice.unknowns if u.field == "execution"]


def test_r27_a_completed_correction_comes_from_the_county_justice_bureau(running_federation: Fed) -> None:
    first = judgment(Someone())
    (entered,) = sent(running_federation.client("court"), first)
    notice = correction(first)
    notice.local_title = "解除社区矫正通知书"
    assert refused(running_federation.client("prison"), notice) == {("R29", "kind")}
    (tracked,) = sent(running_federation.client("county_justice"), notice)
    assert stages(tracked) == REGISTERED
    events = running_federation.client("police").register.history("police-1", tracked_id(entered, "police-1"))
    assert events[-1].provenance.instrument.reference == "解除社区矫正通知书"


def test_r28_a_notice_without_registration_goes_to_the_place_of_trial(running_federation: Fed) -> None:
    notice = judgment(Someone())
    notice.record.person.ClearField("household_division")
    notice.record.person.ClearField("household_as_of")
    notice.record.unknowns.add(
        field="person.household_division", reason=record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE
    )
    (tracked,) = sent(running_federation.client("court"), notice)
    assert stages(tracked)["police-1"] == "registered"
    notice.ClearField("trial_division")
    assert ("A3", "trial_division") in refused(running_federation.client("court"), notice)


@pytest.mark.parametrize("division", ["", "000000", "9", "78010512"])
def test_r28_an_unknown_division_is_refused(running_federation: Fed, division: str) -> None:
    notice = judgment(Someone())
    notice.trial_division = division
    assert refused(running_federation.client("court"), notice)


@pytest.mark.parametrize("sender", ["prison", "detention_house", "county_justice"])
def test_r29_only_a_court_notifies_judgments(running_federation: Fed, sender: str) -> None:
    assert refused(running_federation.client(sender), judgment(Someone())) == {("R29", "kind")}


def test_r29_only_custody_notifies_releases(running_federation: Fed) -> None:
    first = judgment(Someone())
    assert refused(running_federation.client("court"), release(first)) == {("R29", "kind")}
    assert refused(running_federation.client("county_justice"), release(first)) == {("R29", "kind")}


@pytest.mark.parametrize("sender", ["police", "supervisory", "state_organ"])
def test_r29_who_does_not_notify_is_turned_away(running_federation: Fed, sender: str) -> None:
    with pytest.raises(PermissionDenied):
        running_federation.client(sender).notices.submit([judgment(Someone())])


def test_r30_every_stage_has_a_receipt_that_its_giver_signed(running_federation: Fed) -> None:
    (tracked,) = sent(running_federation.client("court"), judgment(Someone()))
    who = [installation for installation, _ in tracked.stages]
    assert who[0] == str(GATEWAY)
    assert set(who[1:]) == {str(node_installation(a)) for a in ("police", "procuratorate", "justice")}
    for _, receipt in tracked.stages[1:]:
        assert receipt.record_id
        assert receipt.version == 1
        assert len(receipt.record_digest) == len(receipt.log_entry) == 32
    assert running_federation.client("police").register.show("police-1", tracked_id(tracked, "police-1"))


def test_r30_the_same_notice_gets_its_first_receipt_again_and_has_one_effect(
    running_federation: Fed,
) -> None:
    court, notice = running_federation.client("court"), judgment(Someone())
    (first,) = court.notices.submit([notice])
    settled(court, [first.notice])
    again = court.notices.submit([notice, notice])
    assert all(r.repeated and r.at == first.at and r.log_entry == first.log_entry for r in again)
    (tracked,) = settled(court, [first.notice])
    assert len(tracked.stages) == 4
    events = running_federation.client("police").register.history("police-1", tracked_id(tracked, "police-1"))
    assert len(events) == 1


def test_r30_a_sender_is_shown_its_own_notices_only(running_federation: Fed) -> None:
    (tracked,) = sent(running_federation.client("court"), judgment(Someone()))
    with pytest.raises(NotFound):
        running_federation.client("prison").notices.track([tracked.notice])


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


def wrong_digit(number: str) -> str:
    """Return a valid number that differs in one digit and that nobody in a test run has."""
    body = number[:2] + "9" + number[3:17]
    return body + check_character(body)


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
