"""Records of one node, their history and its work list, as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from compose.shared.moments import beijing
from compose.shared.printing import Console, Table, lines, listing, marked
from compose.shared.showing import field_values
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from federation.values.enum_names import enum_name


def facet_table(facet: record_pb2.Facet) -> None:
    """Print one record of one node."""
    table = Table(title=f"record {facet.record_id}, version {facet.version}", title_justify="left")
    table.add_column("field")
    table.add_column("value", overflow="fold")
    for field, value in field_values(facet.record):
        if value:
            table.add_row(field, value)
    for unknown in facet.record.unknowns:
        reason = enum_name(record_pb2.UnknownReason.DESCRIPTOR, unknown.reason).replace("_", " ")
        table.add_row(unknown.field, marked("[dim]unknown: {}[/]", reason))
    provenance = facet.provenance
    table.add_row(
        "entered",
        f"{beijing(provenance.entered_at)} (Beijing) by {provenance.officer} ({provenance.installation})",
    )
    Console().print(table)


def history_table(events: list[registry_pb2.RecordEvent]) -> None:
    """Print the versions of a record."""
    table = listing("history", "version", "what", "when", "by", "instrument", "why")
    for event in events:
        provenance = event.provenance
        table.add_row(
            str(event.version),
            enum_name(registry_pb2.RecordEventKind.DESCRIPTOR, event.kind),
            provenance.entered_at,
            f"{provenance.officer} ({provenance.organ})",
            provenance.instrument.reference,
            event.reason,
        )
    Console().print(table)


def worklist_table(tasks: Sequence[sealing_pb2.SealingTask]) -> None:
    """Print the records that wait for a decision on sealing."""
    late = sum(task.late for task in tasks)
    title = f"{len(tasks)} records wait for a person" + (f", {late} late" if late else "")
    table = listing(title, "record", "why, and who decides", whole=("record",))
    for task in tasks:
        proposed = enum_name(sealing_pb2.ProposedDecision.DESCRIPTOR, task.proposed).replace("_", " ")
        by = marked("decide by [red]{} late[/]", task.due_on) if task.late else f"decide by {task.due_on}"
        table.add_row(
            lines(
                [
                    task.record_id,
                    f"version {task.version}",
                    by,
                    *([f"answer due {task.awaited_on}"] * bool(task.awaited_on)),
                    *([f"breach {task.breach}"] * bool(task.awaited_on and task.breach)),
                ]
            ),
            lines(
                [
                    f"{task.reason} [{task.rule}]",
                    *([f"proposed: {proposed}, {task.proposed_because}"] if task.proposed else []),
                    *task.objections,
                    task.decides,
                ]
            ),
        )
    Console().print(table)
