"""Correction requests and recalls as people and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from google.protobuf.message import Message

from compose.notices.notices_shown import tracked_json
from compose.shared.moments import beijing
from compose.shared.printing import Console, listing, marked, styled
from federation.evidence.view import view
from federation.notices.receipts import Tracked, stage_name
from federation.statements.recalls import late_days
from federation.v1 import correction_pb2, notice_pb2, recall_pb2
from federation.values import clock
from federation.values.enum_names import enum_name, purpose_name

#: What the stages of a notice mean for a request.
_STATE = {"unmatched": "waits for the owner", "registered": "corrected", "refused": "refused"}
_ON_ITS_WAY = "on its way"


def asked_table(tracked: Sequence[Tracked], console: Console | None = None) -> None:
    """Print a member's own requests and their outcomes."""
    table = listing(
        "correction requests",
        "request",
        "owner",
        "state",
        "reply due",
        "corrected in",
        "why",
        whole=("request", "reply due"),
    )
    for each in tracked:
        row = asked_json(each)
        table.add_row(
            row["request"][:12],
            row["owner"],
            row["state"],
            marked("[red]{} overdue[/]", row["due_on"]) if row["overdue"] else row["due_on"],
            f"{row['record_id'][:12]} v{row['version']}" if row["record_id"] else "",
            row["why"],
        )
    (console or Console()).print(table)


def asked_json(tracked: Tracked) -> dict[str, Any]:
    """Return one request of a member with its reply as programs read it."""
    first, last = tracked.stages[0][1], tracked.stages[-1][1]
    why = last.reason or "; ".join(f"{v.field}: {v.message} [{v.rule}]" for v in last.violations)
    state = _ON_ITS_WAY if len(tracked.stages) == 1 else _STATE.get(stage_name(last.stage), "")
    unanswered = state in (_ON_ITS_WAY, _STATE["unmatched"])
    today = clock.legal_day(clock.now())
    return {
        "request": tracked.notice.hex(),
        "owner": ", ".join(a.node for a in first.addressees),
        "state": state,
        "due_on": first.due_on,
        "overdue": unanswered and _days_over(first.due_on, "", today) > 0,
        "record_id": last.record_id,
        "version": last.version,
        "late_days": last.late_days,
        "decided_by": last.decided_by,
        "why": why,
        "stages": tracked_json(tracked)["stages"],
    }


def waiting_requests_table(
    waiting: Sequence[notice_pb2.WaitingNotice], console: Console | None = None
) -> None:
    """Print the requests that others made to a node, the most urgent first."""
    today = clock.legal_day(clock.now())
    table = listing(
        "correction requests that wait for a reply",
        "request",
        "from",
        "record",
        "field",
        "believed right",
        "why",
        "due",
        whole=("request", "field", "due"),
    )
    for each in waiting:
        asked, supervised = each.notice.correction, each.notice.supervision
        others = ", ".join(f"{d.node} v{d.version}" for d in asked.differs_from)
        late = bool(each.due_on) and _days_over(each.due_on, "", today) > 0
        table.add_row(
            each.digest.hex()[:12],
            each.sender.partition("/")[0],
            f"{asked.record_id[:12]} v{asked.version}" if asked.record_id else _candidates(each),
            asked.field or enum_name(correction_pb2.SupervisionFault.DESCRIPTOR, supervised.fault),
            asked.believed or (f"differs from {others}" if others else supervised.instrument.reference),
            each.notice.reason,
            marked("[red]{} overdue[/]", each.due_on) if late else each.due_on,
        )
    (console or Console()).print(table)


def _days_over(due_on: str, done_at: str, today: date) -> int:
    """Return by how many days something is late; 0 where a peer sent an invalid day, which is shown unchanged."""
    try:
        return late_days(due_on, done_at, today=today)
    except ValueError:
        return 0


def _candidates(waiting: notice_pb2.WaitingNotice) -> str:
    return (
        ", ".join(f"{c.record_id[:12]} v{c.version}?" for c in waiting.candidates) or "none that can be shown"
    )


def recalls_table(recalls: Sequence[recall_pb2.Recall], console: Console | None = None) -> None:
    """Print a member's recalls: which answers to destroy, by when."""
    console = console or Console()
    today = clock.legal_day(clock.now())
    table = listing(
        "answers to destroy and ask again",
        "recall",
        "answer",
        "given",
        "for",
        "officer",
        "under",
        "due",
        whole=("recall", "given", "due"),
    )
    for recall in recalls:
        late = _days_over(recall.due_on, recall.acknowledged_at, today)
        due = marked("[red]{}, {} days over[/]", recall.due_on, late) if late else styled(recall.due_on)
        disclosed = " ".join(filter(None, (purpose_name(recall.purpose), recall.on_behalf_of)))
        why = " ".join(filter(None, (recall.case_number, recall.basis, _number(recall.mandate))))
        due = marked("[green]acknowledged[/]") if recall.acknowledged_at else due
        table.add_row(
            recall.recall_id[:12],
            recall.answer_id[:12],
            beijing(recall.answered_at)[:10],
            disclosed,
            recall.officer,
            why,
            due,
        )
    console.print(table)
    for says in dict.fromkeys(recall.says for recall in recalls):
        console.print(styled(says, "bold"))


def caused_table(tracks: Sequence[recall_pb2.RecallTrack], console: Console | None = None) -> None:
    """Print the state of the recalls that an agency's own records caused."""
    table = listing(
        "recalls of answers that disclosed your records",
        "record",
        "member",
        "recalled",
        "read",
        "destroyed",
        "due",
        whole=("record", "recalled", "read", "destroyed"),
    )
    for track in tracks:
        table.add_row(
            track.record_id[:8],
            track.member,
            beijing(track.recalled_at)[:10],
            beijing(track.read_at)[:10] or "no",
            beijing(track.acknowledged_at)[:10] or "no",
            marked("[red]{}, {} late[/]", track.due_on, track.late_days) if track.late_days else track.due_on,
        )
    (console or Console()).print(table)


def disclosures_table(disclosures: Sequence[recall_pb2.Disclosure], console: Console | None = None) -> None:
    """Print to whom a record was disclosed."""
    table = listing("disclosed to", "at (Beijing)", "installation", "officer", "for", "version", "recalled")
    for disclosure in disclosures:
        table.add_row(
            beijing(disclosure.told_at)[:16],
            disclosure.installation,
            disclosure.officer,
            " ".join(
                filter(
                    None,
                    (purpose_name(disclosure.purpose), disclosure.on_behalf_of, _number(disclosure.mandate)),
                )
            ),
            str(disclosure.version),
            "yes" if disclosure.recalled else "no",
        )
    (console or Console()).print(table)


def _number(mandate: str) -> str:
    """Return the number of the application in a mandate, without the digest: 64 digits fill a column."""
    return mandate.partition("@")[0]


def messages_json(messages: Sequence[Message]) -> list[Any]:
    """Return messages as programs read them: digests in hex, enum values as words."""
    return [view(message) for message in messages]
