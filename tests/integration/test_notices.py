"""Notices from sender to register, against running servers (R23-R30)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compose.local.layout import GATEWAY, node_installation
from federation.errors import NotFound, PermissionDenied
from federation.notices.due import lateness
from federation.v1 import notice_pb2 as pb
from federation.v1 import query_pb2, record_pb2
from federation.values import clock
from tests.support.asking import case
from tests.support.noticed import REGISTERED, Fed, shown, tracked_id
from tests.support.notices import (
    correction,
    information,
    judgment,
    recent,
    refused,
    release,
    sent,
    settled,
    stages,
)
from tests.support.records import Someone


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
    sent_notice = information(first, reason="生效日期更正")
    (tracked,) = sent(court, sent_notice)
    assert stages(tracked) == REGISTERED | {"procuratorate-1": "registered"}
    events = running_federation.client("police").register.history("police-1", tracked_id(entered, "police-1"))
    assert [e.record.final_on for e in events] == ["2019-06-16", "2019-06-18"]
    assert events[1].provenance.organ == "court"
    assert events[1].reason == "生效日期更正"


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


def late_judgments(federation: Fed) -> tuple[int, int]:
    """Return how many of the court's judgments came late to the gateway, and how many came at all."""
    rows = federation.client("interconnect").notices.report(GATEWAY).rows
    of_court = [r for r in rows if (r.sender, r.kind) == ("court", pb.NOTICE_KIND_JUDGMENT)]
    return sum(r.late for r in of_court), sum(r.notices for r in of_court)


@pytest.mark.date_dependent
def test_r25_lateness_is_recorded_per_message_and_reported_per_sender(running_federation: Fed) -> None:
    court = running_federation.client("court")
    # No holiday moves a last day by more than ten days.
    in_time, *late = [recent(judgment(Someone()), 3), *(recent(judgment(Someone()), 25) for _ in range(2))]
    before = late_judgments(running_federation)
    receipts = court.notices.submit([in_time, *late])
    today = clock.legal_day(clock.now())
    due, days = lateness("judgment", today - timedelta(days=25), today)
    assert days > 0
    assert [r.late_days for r in receipts] == [0, days, days]
    assert receipts[1].due_on == due.isoformat()
    settled(court, [r.notice for r in receipts])
    late_now, notices = late_judgments(running_federation)
    assert (late_now - before[0], notices - before[1]) == (2, 3)
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
