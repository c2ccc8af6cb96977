"""A retrial whose outcome never comes: it is chased, and no answer passes the conviction off as settled."""

from __future__ import annotations

from functools import partial

import pytest

from federation.v1 import notice_pb2 as pb
from federation.v1 import query_pb2, record_pb2, timeliness_pb2
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.notices import decided, judgment, release, sent, stages
from tests.support.records import Someone, rare_name

ORDERED_ON = "2023-09-04"
COURT = "北京市第三中级人民法院"


def ruled(first: pb.Notice, kind: record_pb2.ExecutionKind.ValueType, on: str) -> pb.Notice:
    """Return the court's N2 that the judgment is tried again, or stays."""
    notice = pb.Notice(
        kind=pb.NOTICE_KIND_JUDGMENT_INFORMATION,
        matter=pb.MATTER_ORDINARY,
        occurred_on=on,
        person=first.record.person,
        judgment=pb.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        reason="再审",
    )
    notice.execution.add(kind=kind, on=on, executor=COURT)
    return notice


ordered = partial(ruled, kind=record_pb2.EXECUTION_KIND_RETRIAL_ORDERED, on=ORDERED_ON)
upheld = partial(ruled, kind=record_pb2.EXECUTION_KIND_RETRIAL_UPHELD, on="2024-02-01")


def acquitted(first: pb.Notice) -> pb.Notice:
    return pb.Notice(
        kind=pb.NOTICE_KIND_RETRIAL_CHANGE,
        matter=pb.MATTER_ORDINARY,
        occurred_on="2024-02-01",
        person=first.record.person,
        judgment=pb.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        retrial=pb.RETRIAL_OUTCOME_ACQUITTED,
        reason="再审改判无罪",
    )


def awaited(federation: LocalFederation, first: pb.Notice) -> list[timeliness_pb2.ExpectedNotice]:
    """Return what the police's node still expects about the judgment."""
    page = timeliness_pb2.ExpectedPage(list=timeliness_pb2.EXPECTED_LIST_OVERDUE)
    found = federation.client("police").timeliness.expected("police-1", page)
    return [each for each in found if each.judgment_number == first.record.judgment_number.original]


def findings(federation: LocalFederation, someone: Someone) -> tuple[str, ...]:
    client = federation.client("police")
    answers = [
        client.ask(query(someone.subject())).answer for query in (asking.public, asking.own, asking.case)
    ]
    return tuple(query_pb2.Finding.Name(a.finding).removeprefix("FINDING_") for a in answers)


@pytest.mark.parametrize(
    ("outcome", "after"), [(upheld, ("YES", "YES", "RECORD")), (acquitted, ("NO", "NO", "NO_RECORD"))]
)
def test_r47_an_outcome_that_never_comes_is_chased_and_the_conviction_says_so(
    running_federation: LocalFederation, outcome: partial[pb.Notice], after: tuple[str, ...]
) -> None:
    court, someone = running_federation.client("court"), Someone(name="再审人")
    first = judgment(someone)
    sent(court, first)
    sent(running_federation.client("prison"), release(first))
    assert findings(running_federation, someone) == ("YES", "YES", "RECORD")
    assert not awaited(running_federation, first)

    [tracked] = sent(court, ordered(first))
    assert set(stages(tracked).values()) == {"accepted", "registered"}
    assert findings(running_federation, someone) == ("UNDECIDED", "UNDECIDED", "RECORD")
    answer = running_federation.client("police").ask(asking.case(someone.subject())).answer
    [conviction] = answer.convictions
    assert conviction.retrial == query_pb2.PendingRetrial(
        ordered_on=ORDERED_ON, court=COURT, ends_on="2024-03-04", overdue=True
    )
    [owed] = awaited(running_federation, first)
    assert (owed.kind, owed.executor, owed.due_on) == (pb.NOTICE_KIND_RETRIAL_CHANGE, COURT, "2024-03-14")
    assert owed.days_overdue > 365

    sent(court, outcome(first))
    assert findings(running_federation, someone) == after
    assert not awaited(running_federation, first)


def test_r47_an_acquittal_that_waits_for_an_officer_leaves_no_conviction_unmarked(
    running_federation: LocalFederation,
) -> None:
    court, someone = running_federation.client("court"), Someone(name=rare_name())
    first = judgment(someone)
    sent(court, first)
    assert findings(running_federation, someone) == ("YES", "YES", "RECORD")
    mistyped = acquitted(first)
    mistyped.person.identifiers[0].number = Someone().number
    [tracked] = sent(court, mistyped)
    assert findings(running_federation, someone) == ("UNDECIDED", "UNDECIDED", "RECORD")
    [conviction] = running_federation.client("police").ask(asking.case(someone.subject())).answer.convictions
    assert {(c.field, c.node) for c in conviction.late_changes} >= {("record", "police-1")}
    digest = tracked.stages[0][1].notice
    [waiting] = [
        w for w in running_federation.client("police").notices.waiting("police-1") if w.digest == digest
    ]
    assert "same judgment number" in waiting.candidates[0].reasons, "the officer sees why it may be meant"
    for agency, node in (
        ("police", "police-1"),
        ("procuratorate", "procuratorate-1"),
        ("justice", "justice-1"),
    ):
        decided(running_federation.client(agency), node, digest)
    assert "UNDECIDED" not in findings(running_federation, someone)
