"""Notices and their receipts as people and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.table import Table

from compose.documents_shown import holders_of, way_json
from federation.notices.document_receipts import state_word
from federation.notices.kinds import kind_word
from federation.notices.receipts import Tracked, stage_word
from federation.v1 import notice_pb2 as pb
from federation.words import word

_COLOURS = {"accepted": "cyan", "registered": "green", "refused": "red", "unmatched": "yellow"}


def receipt_json(receipt: pb.NoticeReceipt) -> dict[str, Any]:
    """Return a receipt as programs read it: digests in hex, the stage as a word."""
    said: dict[str, Any] = {
        "notice": receipt.notice.hex(),
        "stage": stage_word(receipt.stage),
        "at": receipt.at,
        "repeated": receipt.repeated,
    }
    if receipt.addressees:
        addressing = pb.Addressing.DESCRIPTOR
        said["addressees"] = [
            {"node": a.node, "as": word(addressing, a.addressing)} for a in receipt.addressees
        ]
    if receipt.due_on:
        said |= {"due_on": receipt.due_on, "late_days": receipt.late_days}
    if receipt.record_id:
        said |= {
            "record_id": receipt.record_id,
            "version": receipt.version,
            "record_digest": receipt.record_digest.hex(),
        }
    if receipt.log_entry:
        said["log_entry"] = receipt.log_entry.hex()
    if receipt.division:
        said["division"] = receipt.division
    if receipt.decided_by:
        said |= {"decided_by": receipt.decided_by, "reason": receipt.reason}
    if receipt.violations:
        said["violations"] = [
            {"field": v.field, "rule": v.rule, "message": v.message} for v in receipt.violations
        ]
    return said


def tracked_json(tracked: Tracked) -> dict[str, Any]:
    """Return all stages of one notice as programs read them."""
    return {
        "notice": tracked.notice.hex(),
        "kind": kind_word(tracked.kind),
        "stages": [{"by": who, **receipt_json(receipt)} for who, receipt in tracked.stages],
        "deliveries": [
            {
                "node": d.node,
                "state": word(pb.DeliveryState.DESCRIPTOR, d.state),
                "attempts": d.attempts,
                "reason": d.reason,
            }
            for d in tracked.deliveries
        ],
        "documents": [way_json(way) for way in tracked.documents],
    }


def receipts_table(receipts: Sequence[pb.NoticeReceipt], console: Console | None = None) -> None:
    """Print what a gateway said of each notice."""
    table = Table(title="receipts of the gateway", title_justify="left")
    for heading in ("notice", "stage", "goes to", "due", "days late", "why not"):
        table.add_column(heading, overflow="fold")
    for receipt in receipts:
        table.add_row(
            receipt.notice.hex()[:16],
            _coloured(receipt) + (" (again)" if receipt.repeated else ""),
            ", ".join(a.node for a in receipt.addressees),
            receipt.due_on,
            str(receipt.late_days) if receipt.due_on else "",
            "\n".join(f"{v.field}: {v.message} [{v.rule}]" for v in receipt.violations),
        )
    (console or Console()).print(table)


def tracked_table(tracked: Tracked, console: Console | None = None) -> None:
    """Print every stage of one notice, with who signed it."""
    title = f"{kind_word(tracked.kind)} {tracked.notice.hex()[:16]}"
    table = Table(title=title, title_justify="left")
    for heading in ("signed by", "stage", "at", "record", "log entry", "decided by, why"):
        table.add_column(heading, overflow="fold")
    for who, receipt in tracked.stages:
        record = f"{receipt.record_id[:12]} v{receipt.version}" if receipt.record_id else receipt.division
        why = "; ".join(f"{v.message} [{v.rule}]" for v in receipt.violations) or receipt.reason
        table.add_row(
            who,
            _coloured(receipt),
            receipt.at,
            record,
            receipt.log_entry.hex()[:12],
            f"{receipt.decided_by} {why}".strip(),
        )
    for delivery in tracked.deliveries:
        if delivery.state in (pb.DELIVERY_STATE_WAITING, pb.DELIVERY_STATE_PARKED):
            state = word(pb.DeliveryState.DESCRIPTOR, delivery.state)
            table.add_row(f"on the way to {delivery.node}", state, "", "", "", delivery.reason)
    for way in tracked.documents:
        holders = ", ".join(holders_of(way))
        table.add_row(f"document {way.content.sha256.hex()[:16]}", state_word(way.state), "", holders)
    (console or Console()).print(table)


def waiting_table(waiting: pb.WaitingNotice, console: Console | None = None) -> None:
    """Print a notice that waits, and who may be meant."""
    title = f"{stage_word(waiting.stage)}: {kind_word(waiting.notice.kind)} {waiting.digest.hex()}"
    table = Table(title=f"{title} from {waiting.sender}", title_justify="left")
    for heading in ("record", "score", "because", "name", "judgment"):
        table.add_column(heading, overflow="fold")
    for candidate in waiting.candidates:
        table.add_row(
            candidate.record_id,
            str(candidate.score),
            ", ".join(candidate.reasons),
            " / ".join(n.text for n in candidate.record.person.names),
            candidate.record.judgment_number.canonical,
        )
    (console or Console()).print(table)


def waiting_json(waiting: pb.WaitingNotice) -> dict[str, Any]:
    """Return a notice that waits as programs read it."""
    said: dict[str, Any] = MessageToDict(waiting, preserving_proto_field_name=True)
    return said | {"digest": waiting.digest.hex(), "stage": stage_word(waiting.stage)}


def _coloured(receipt: pb.NoticeReceipt) -> str:
    stage = stage_word(receipt.stage)
    return f"[{_COLOURS[stage]}]{stage}[/]" if stage in _COLOURS else stage
