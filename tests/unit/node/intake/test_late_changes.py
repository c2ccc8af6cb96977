"""Which records are shown with a late change, and from which day (R47), on a real inbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2
from federation.values.clock import legal_day, stamp
from federation.values.identity import Installation
from node.intake.inbox_store import Inbox, ReceivedNotice
from node.intake.late_changes import LateChanges
from server.journal.work import Work
from tests.support.records import Someone, record
from tests.support.register import RegisterUnderTest
from tests.support.steps import counting

SENDER = Installation.parse("court/client/desk")
ID = "ab" * 16


class Desk:
    """An inbox in which notices wait, beside a facet that is about to be shown."""

    def __init__(self, register: RegisterUnderTest) -> None:
        self.register = register
        self.inbox = Inbox(vault=register.shared().sealer.sealed_vault, lookup_key=register.keys.lookup)
        self.late = LateChanges(
            inbox=self.inbox,
            journal=register.journal,
            lookup_key=register.keys.lookup,
            now=lambda: register.at,
        )
        self.someone = Someone(name="马晓东")
        self.record = record(self.someone, "police")
        self.record.judgment_number.canonical = self.record.judgment_number.original
        #: What the last look for marks cost the store.
        self.steps = 0
        #: Since when the changes of the last marks are owed.
        self.since: list[str] = []

    def waits(self, notice: pb.Notice, *, due_in: int | None = None, number: int = 1) -> bytes:
        """Put a notice before an officer; a reply is due in so many days."""
        put = self.received(notice, number=number, due_in=due_in)
        self.register.journal.run(lambda work: self.inbox.put(work, [put]))
        return put.receipt.notice

    def received(self, notice: pb.Notice, *, number: int, due_in: int | None = None) -> ReceivedNotice:
        today = legal_day(self.register.at)
        receipt = pb.NoticeReceipt(
            notice=number.to_bytes(32, "big"), stage=pb.NOTICE_STAGE_UNMATCHED, at=stamp(self.register.at)
        )
        if due_in is not None:
            receipt.due_on = (today + timedelta(days=due_in)).isoformat()
        content = notice.SerializeToString(deterministic=True)
        return ReceivedNotice(receipt, SENDER, "甲", notice.kind, content)

    def settled(self, digest: bytes) -> None:
        receipt = pb.NoticeReceipt(notice=digest, stage=pb.NOTICE_STAGE_REFUSED)
        self.register.journal.run(lambda work: self.inbox.settle(work, receipt, given=None))

    def marks(self, record_id: str = ID) -> list[str]:
        facet = record_pb2.Facet(record_id=record_id, version=1, record=self.record)
        with counting(self.register.journal.engine) as steps:
            self.late.mark([facet])
        self.steps = steps.made
        self.since = [change.since for change in facet.late_changes]
        return [change.field for change in facet.late_changes]

    def tomorrow(self) -> None:
        self.register.at += timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    register = RegisterUnderTest(tmp_path)
    yield Desk(register)
    register.close()


def correction(record_id: str = ID, **fields: str) -> pb.Notice:
    notice = pb.Notice(kind=pb.NOTICE_KIND_CORRECTION_REQUEST)
    notice.correction.record_id, notice.correction.field = record_id, "final_on"
    notice.correction.believed = fields.get("believed", "2019-06-04")
    return notice


def outcome(desk: Desk) -> pb.Notice:
    """Return a court's notice of an acquittal about the person and the judgment of the record."""
    return pb.Notice(
        kind=pb.NOTICE_KIND_RETRIAL_CHANGE,
        person=desk.record.person,
        judgment=pb.JudgmentReference(number=desk.record.judgment_number, court=desk.record.court),
    )


def test_r47_a_reply_is_late_from_the_day_after_its_last_day_until_it_is_given(desk: Desk) -> None:
    digest = desk.waits(correction(), due_in=0)
    assert desk.marks() == []
    desk.tomorrow()
    assert desk.marks() == ["final_on"]
    assert desk.marks("cd" * 16) == [], "another record of the same person"
    desk.settled(digest)
    assert desk.marks() == []


def test_r47_a_request_that_names_no_record_marks_the_one_of_its_judgment(desk: Desk) -> None:
    notice = correction("")
    notice.person.CopyFrom(desk.record.person)
    notice.judgment.number.CopyFrom(desk.record.judgment_number)
    desk.waits(notice, due_in=-1)
    assert desk.marks() == ["final_on"]


def test_r47_many_requests_for_one_change_are_one_mark_since_the_first(desk: Desk) -> None:
    """Else whoever may ask could fill every answer about somebody with marks."""
    for number, days in enumerate((-2, -9, -2, -5), 1):
        desk.waits(correction(), due_in=days, number=number)
    acquittal = outcome(desk)
    for number in (5, 6):
        desk.waits(acquittal, number=number)
    assert desk.marks() == ["final_on", "record"]
    first = (legal_day(desk.register.at) - timedelta(days=9)).isoformat()
    assert desk.since == [first, legal_day(desk.register.at).isoformat()]


def test_r47_a_conflict_that_a_gateway_reports_marks_nothing(desk: Desk) -> None:
    desk.waits(correction(believed=""), due_in=-1)
    assert desk.marks() == []


def test_r47_an_acquittal_that_waits_for_an_officer_marks_the_record_at_once(desk: Desk) -> None:
    digest = desk.waits(outcome(desk))
    assert desk.marks() == ["record"]
    desk.settled(digest)
    assert desk.marks() == []


@pytest.mark.parametrize("wrong", ["number", "name"])
def test_r47_an_acquittal_with_a_wrong_number_or_an_old_spelling_marks_it_too(desk: Desk, wrong: str) -> None:
    notice = outcome(desk)
    if wrong == "number":
        notice.person.identifiers[0].number = Someone().number
        notice.person.names[0].text = "馬曉東"
    else:
        notice.person.names[0].text = "另一人"
    desk.waits(notice)
    assert desk.marks() == ["record"]


def test_r47_an_acquittal_of_another_judgment_or_person_marks_nothing(desk: Desk) -> None:
    of_another = outcome(desk)
    of_another.person.identifiers[0].number, of_another.person.names[0].text = Someone().number, "另一人"
    desk.waits(of_another, number=2)
    elsewhere = outcome(desk)
    elsewhere.judgment.number.canonical = "（2018）京0105刑初9号"
    desk.waits(elsewhere, number=3)
    assert desk.marks() == []


def test_what_waits_about_others_costs_a_question_nothing(desk: Desk) -> None:
    desk.waits(correction(), due_in=-1)
    assert desk.marks() == ["final_on"]
    with_one = desk.steps
    assert with_one > 0
    others = [desk.received(correction(f"{n:032x}"), number=n, due_in=-1) for n in range(2, 2_000)]
    elsewhere = outcome(desk)
    elsewhere.judgment.number.canonical = "（2018）京0105刑初9号"
    others += [desk.received(elsewhere, number=n) for n in range(2_000, 4_000)]
    desk.register.journal.run(lambda work: desk.inbox.put(work, others))
    assert desk.marks() == ["final_on"]
    assert desk.steps < with_one + 100, "steps of the store for one record"


@pytest.mark.parametrize("known", ["number", "name"])
def test_r47_a_pardon_without_judgment_number_marks_the_persons_record_without_one(
    desk: Desk, known: str
) -> None:
    desk.record.judgment_number.Clear()
    pardon = pb.Notice(kind=pb.NOTICE_KIND_PARDON, person=desk.record.person)
    if known == "number":
        pardon.person.names[0].text = "另一人"
    else:
        pardon.person.identifiers[0].number = Someone().number
    of_another = pb.Notice(kind=pb.NOTICE_KIND_PARDON, person=record(Someone(), "police").person)
    desk.waits(pardon, number=1)
    desk.waits(of_another, number=2)
    assert desk.marks() == ["record"]


def test_r47_what_waited_before_an_upgrade_marks_records_from_the_next_start(desk: Desk) -> None:
    conflict = correction(believed="")
    desk.waits(correction(), due_in=-1, number=1)
    desk.waits(conflict, due_in=-1, number=2)

    def as_before(work: Work) -> None:
        work.view.exec_driver_sql("UPDATE inbox SET favours = NULL")
        work.view.exec_driver_sql("DELETE FROM late_change")

    desk.register.journal.run(as_before)
    assert desk.marks() == []
    desk.late.begin()
    assert desk.marks() == ["final_on"]
    desk.late.begin()
    assert desk.marks() == ["final_on"]
