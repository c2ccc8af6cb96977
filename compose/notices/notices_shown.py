"""Notices and their receipts as people and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict

from compose.notices.documents_shown import holders_of, way_json
from compose.shared.moments import beijing
from compose.shared.printing import Console, Text, listing, marked, styled
from federation.notices.document_receipts import state_name
from federation.notices.kinds import kind_name
from federation.notices.receipts import Tracked, stage_name
from federation.notices.routing import person_of
from federation.v1 import correction_pb2, record_pb2
from federation.v1 import notice_pb2 as pb
from federation.values.enum_names import enum_name

_COLOURS = {
    "accepted": "cyan",
    "registered": "green",
    "refused": "red",
    "unmatched": "yellow",
    "received": "yellow",
}


def receipt_json(receipt: pb.NoticeReceipt) -> dict[str, Any]:
    """Return a receipt as programs read it: digests in hex, the stage by name."""
    document: dict[str, Any] = {
        "notice": receipt.notice.hex(),
        "stage": stage_name(receipt.stage),
        "at": receipt.at,
        "repeated": receipt.repeated,
    }
    if receipt.addressees:
        addressing = pb.Addressing.DESCRIPTOR
        document["addressees"] = [
            {"node": a.node, "as": enum_name(addressing, a.addressing)} for a in receipt.addressees
        ]
    if receipt.due_on:
        document |= {"due_on": receipt.due_on, "late_days": receipt.late_days}
    if receipt.record_id:
        document |= {
            "record_id": receipt.record_id,
            "version": receipt.version,
            "record_digest": receipt.record_digest.hex(),
        }
    if receipt.log_entry:
        document["log_entry"] = receipt.log_entry.hex()
    if receipt.division:
        document["division"] = receipt.division
    if receipt.decided_by:
        document |= {"decided_by": receipt.decided_by, "reason": receipt.reason}
    if receipt.violations:
        document["violations"] = [
            {"field": v.field, "rule": v.rule, "message": v.message} for v in receipt.violations
        ]
    return document


def tracked_json(tracked: Tracked) -> dict[str, Any]:
    """Return all stages of one notice as programs read them."""
    return {
        "notice": tracked.notice.hex(),
        "kind": kind_name(tracked.kind),
        "stages": [{"by": who, **receipt_json(receipt)} for who, receipt in tracked.stages],
        "deliveries": [
            {
                "node": d.node,
                "state": enum_name(pb.DeliveryState.DESCRIPTOR, d.state),
                "attempts": d.attempts,
                "reason": d.reason,
            }
            for d in tracked.deliveries
        ],
        "documents": [way_json(way) for way in tracked.documents],
    }


def receipts_table(
    receipts: Sequence[pb.NoticeReceipt], console: Console | None = None, *, by: str = "the gateway"
) -> None:
    """Print the receipts of a gateway, or of the node `by`, for each notice, and the reasons of refusals below."""
    console = console or Console()
    table = listing(
        f"receipts of {by}", "notice", "stage", "goes to", "due", "days late", whole=("notice", "due")
    )
    for receipt in receipts:
        table.add_row(
            receipt.notice.hex()[:16],
            marked("{} (again)" if receipt.repeated else "{}", _coloured(receipt)),
            ", ".join(a.node for a in receipt.addressees),
            receipt.due_on,
            str(receipt.late_days) if receipt.due_on else "",
        )
    console.print(table)
    for receipt in receipts:
        for v in receipt.violations:
            line = f"  {receipt.notice.hex()[:16]} {v.field}: {v.message} [{v.rule}]"
            console.print(line, highlight=False, soft_wrap=True)


def tracked_table(tracked: Tracked, console: Console | None = None) -> None:
    """Print every stage of one notice, with who signed it."""
    title = f"{kind_name(tracked.kind)} {tracked.notice.hex()[:16]}"
    table = listing(title, "signed by", "stage", "at", "record", "decided by, why", whole=("stage",))
    for who, receipt in tracked.stages:
        record = f"{receipt.record_id[:12]} v{receipt.version}" if receipt.record_id else receipt.division
        why = "; ".join(f"{v.message} [{v.rule}]" for v in receipt.violations) or receipt.reason
        table.add_row(
            who.rpartition("/")[2],
            _coloured(receipt),
            moment(receipt.at),
            record,
            f"{receipt.decided_by} {why}".strip(),
        )
    for delivery in tracked.deliveries:
        if delivery.state in (pb.DELIVERY_STATE_WAITING, pb.DELIVERY_STATE_PARKED):
            state = enum_name(pb.DeliveryState.DESCRIPTOR, delivery.state)
            table.add_row(f"on the way to {delivery.node}", state, "", "", delivery.reason)
    for way in tracked.documents:
        holders = ", ".join(holders_of(way))
        table.add_row(f"document {way.content.sha256.hex()[:16]}", state_name(way.state), "", "", holders)
    (console or Console()).print(table)


def waiting_table(waiting: pb.WaitingNotice, console: Console | None = None) -> None:
    """Print a waiting notice, its content, and the persons who may be meant."""
    console, notice = console or Console(), waiting.notice
    console.print(
        marked("[bold]{}: {}[/] {}", stage_name(waiting.stage), kind_name(notice.kind), waiting.digest.hex()),
        soft_wrap=True,
    )
    console.print(f"  from {waiting.sender}: {_says(notice)}", highlight=False)
    if not waiting.candidates:
        console.print(
            "  no open record fits; apply it without --record if it can only be about one that is not open"
        )
        return
    table = listing("", "record", "score", "because", "name", "judgment", whole=("score",))
    for candidate in waiting.candidates:
        table.add_row(
            candidate.record_id,
            str(candidate.score),
            ", ".join(candidate.reasons),
            " / ".join(n.text for n in candidate.record.person.names),
            candidate.record.judgment_number.canonical,
        )
    console.print(table)


def moment(at: str) -> str:
    """Return a stamp without its fraction of a second, for tables."""
    return f"{beijing(at)} (Beijing)" if at else ""


def _says(notice: pb.Notice) -> str:
    """Return in one line the person, the judgment and the event that a notice reports, with its day."""
    person = person_of(notice)
    judgment = notice.judgment if notice.HasField("judgment") else notice.record
    number = judgment.number if isinstance(judgment, pb.JudgmentReference) else judgment.judgment_number
    parts = [
        " / ".join(name.text for name in person.names),
        ", ".join(each.number for each in person.identifiers),
        f"born {person.birth_date}" if person.birth_date else "",
        f"registered in {person.household_division}" if person.household_division else "",
        number.canonical or number.original,
        *(
            f"{enum_name(record_pb2.ExecutionKind.DESCRIPTOR, e.kind)} on {e.on} by {e.executor}"
            for e in notice.execution
        ),
        f"final on {notice.record.final_on}" if notice.record.final_on else "",
        f"wants {notice.correction.field} of {notice.correction.record_id[:12]} corrected"
        if notice.HasField("correction")
        else "",
        f"{enum_name(correction_pb2.SupervisionFault.DESCRIPTOR, notice.supervision.fault)}, "
        f"{notice.supervision.instrument.reference}"
        if notice.HasField("supervision")
        else "",
        notice.reason,
    ]
    return "; ".join(part for part in parts if part)


def waiting_json(waiting: pb.WaitingNotice) -> dict[str, Any]:
    """Return a waiting notice as programs read it."""
    document: dict[str, Any] = MessageToDict(waiting, preserving_proto_field_name=True)
    return document | {"digest": waiting.digest.hex(), "stage": stage_name(waiting.stage)}


def _coloured(receipt: pb.NoticeReceipt) -> Text:
    stage = stage_name(receipt.stage)
    return styled(stage, _COLOURS.get(stage, ""))
