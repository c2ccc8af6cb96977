"""The paths of documents as people and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compose.shared.moments import beijing
from compose.shared.printing import Console, listing
from federation.notices.document_receipts import DocumentCourse, state_name
from federation.v1 import stored_document_pb2 as pb
from federation.values.enum_names import enum_name


def way_json(way: DocumentCourse) -> dict[str, Any]:
    """Return a document's path as programs read it."""
    return {
        "sha256": way.content.sha256.hex(),
        "size": way.content.size,
        "media_type": way.content.media_type,
        "state": state_name(way.state),
        "notices": [notice.hex() for notice in way.notices],
        "steps": [
            {
                "by": step.installation,
                "stage": enum_name(pb.DocumentStage.DESCRIPTOR, step.stage),
                "at": step.at,
                "log_entry": step.log_entry.hex(),
            }
            for step in way.steps
        ],
        "carriages": [
            {
                "node": each.node,
                "state": enum_name(pb.CarriageState.DESCRIPTOR, each.state),
                "attempts": each.attempts,
                "reason": each.reason,
            }
            for each in way.carriages
        ],
    }


def attached_json(documents: Sequence[pb.AttachedDocument]) -> list[dict[str, Any]]:
    """Return the documents of a record as programs read them."""
    return [
        {
            "sha256": each.content.sha256.hex(),
            "size": each.content.size,
            "media_type": each.content.media_type,
            "at": each.arrived_at,
        }
        for each in documents
    ]


def attached_table(documents: Sequence[pb.AttachedDocument]) -> list[object]:
    """Return the documents of a record, each with its whole digest, which `get` wants."""
    shown: list[object] = []
    for each in attached_json(documents):
        shown += [
            each["sha256"],
            f"  {each['media_type']}, {each['size']:,} bytes, here since {beijing(each['at'])} (Beijing)",
        ]
    return shown or ["No document is kept with this record."]


def way_table(way: DocumentCourse) -> None:
    """Print a document's path."""
    document = way_json(way)
    title = (
        f"{document['media_type']} {way.content.size:,} bytes {document['sha256'][:16]}: {document['state']}"
    )
    table = listing(title, "who", "what", "at", "log entry")
    for step in document["steps"]:
        table.add_row(step["by"], step["stage"], f"{beijing(step['at'])} (Beijing)", step["log_entry"][:12])
    for each in document["carriages"]:
        if each["state"] != "carried":
            table.add_row(f"on the way to {each['node']}", each["state"], "", each["reason"])
    console = Console()
    console.print(table)
    for notice in document["notices"]:
        console.print(f"named by notice {notice}", soft_wrap=True)


def holders_of(way: DocumentCourse) -> list[str]:
    """Return the servers that have had the whole document, in order of time, each once."""
    held = [step.installation for step in way.steps if step.stage == pb.DOCUMENT_STAGE_HELD]
    return [who.rpartition("/")[2] for who in dict.fromkeys(held)]
