"""Notices as their senders write them, and waiting until they are done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from federation.client import Client
from federation.errors import NotFound
from federation.notices.receipts import Tracked, stage_name
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2
from federation.values import clock
from tests.support.records import Someone, record
from tests.support.waiting import wait_for

COURT_DIVISION = "110105"


def judgment(someone: Someone, *, number: str = "", months: int = 36) -> pb.Notice:
    """Return the N1 of an effective judgment whose execution has not begun."""
    judged = record(someone, number=number, months=months)
    judged.ClearField("execution")
    judged.ClearField("unknowns")
    judged.unknowns.add(field="execution", reason=record_pb2.UNKNOWN_REASON_NOT_YET_OCCURRED)
    judged.person.household_division = COURT_DIVISION
    judged.person.household_as_of = "2019-06-01"
    return pb.Notice(
        kind=pb.NOTICE_KIND_JUDGMENT,
        matter=pb.MATTER_ORDINARY,
        record=judged,
        trial_division=COURT_DIVISION,
    )


def after(
    notice: pb.Notice, kind: pb.NoticeKind.ValueType, event: record_pb2.ExecutionKind.ValueType, on: str
) -> pb.Notice:
    """Return a notice of something that ended the execution of that judgment."""
    later = pb.Notice(
        kind=kind,
        matter=pb.MATTER_ORDINARY,
        occurred_on=on,
        person=notice.record.person,
        judgment=pb.JudgmentReference(number=notice.record.judgment_number, court=notice.record.court),
    )
    later.execution.add(kind=event, on=on, executor="北京市第一监狱")
    return later


def release(notice: pb.Notice, on: str = "2022-06-20") -> pb.Notice:
    """Return the N3 that follows an N1."""
    return after(notice, pb.NOTICE_KIND_RELEASE, record_pb2.EXECUTION_KIND_COMPLETED, on)


def correction(notice: pb.Notice, on: str = "2022-06-20") -> pb.Notice:
    """Return the N4 that follows an N1."""
    return after(notice, pb.NOTICE_KIND_CORRECTION_COMPLETED, record_pb2.EXECUTION_KIND_DISCHARGED, on)


def recent(notice: pb.Notice, days_ago: int = 3) -> pb.Notice:
    """Return an N1 whose judgment became final so many days ago."""
    final = clock.legal_day(clock.now()) - timedelta(days=days_ago)
    served = final - timedelta(days=25)  # the longest holidays at the end of the appeal period included
    notice.record.served_on = notice.record.pronounced_on = served.isoformat()
    notice.record.instrument.issued_on = served.isoformat()
    notice.record.final_on = final.isoformat()
    return notice


def stages(tracked: Tracked) -> dict[str, str]:
    """Return the last stage by who signed it: "gateway-1" -> "accepted"."""
    return {who.rpartition("/")[2]: stage_name(receipt.stage) for who, receipt in tracked.stages}


def settled(client: Client, notices: Sequence[bytes]) -> list[Tracked]:
    """Wait until nothing of `notices` is on its way any more; return all their stages."""
    return wait_for(
        lambda: client.notices.track(notices),
        lambda tracked: all(d.state != pb.DELIVERY_STATE_WAITING for t in tracked for d in t.deliveries),
        what="the end of every delivery",
    )


def sent(client: Client, *notices: pb.Notice) -> list[Tracked]:
    """Send notices that must be accepted, and wait until they are done."""
    receipts = client.notices.submit(notices)
    assert [r.stage for r in receipts] == [pb.NOTICE_STAGE_ACCEPTED] * len(notices), receipts
    return settled(client, [r.notice for r in receipts])


def refused(client: Client, notice: pb.Notice) -> set[tuple[str, str]]:
    """Send a notice that must be refused; return (rule, field) of every reason."""
    (receipt,) = client.notices.submit([notice])
    assert receipt.stage == pb.NOTICE_STAGE_REFUSED, receipt
    assert all(v.message for v in receipt.violations)
    return {(v.rule, v.field) for v in receipt.violations}


def decided(client: Client, node: str, notice: bytes, *, record_id: str = "") -> None:
    """Have an officer apply a notice that waits at the node, to a record or to the only one; else refuse it."""
    if not any(waiting.digest == notice for waiting in client.notices.waiting(node)):
        return
    decision = pb.Decision(notice=notice, kind=pb.DECISION_KIND_APPLY, record_id=record_id, reason="已核对")
    try:
        client.notices.decide(node, decision)
    except (
        NotFound
    ):  # no record, or one that an officer is not shown and that no end of an execution leaves alone
        decision.kind = pb.DECISION_KIND_REFUSE
        client.notices.decide(node, decision)


def information(first: pb.Notice, *, on: str = "2019-08-01", reason: str = "更正") -> pb.Notice:
    """Return an N2 by which the court corrects the day on which that judgment became final."""
    return pb.Notice(
        kind=pb.NOTICE_KIND_JUDGMENT_INFORMATION,
        matter=pb.MATTER_ORDINARY,
        occurred_on=on,
        person=first.record.person,
        judgment=pb.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        changed=record_pb2.Record(final_on="2019-06-18"),
        changed_fields=["final_on"],
        reason=reason,
    )
