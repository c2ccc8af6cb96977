"""Answers and records as people read them: aligned tables, colours where they tell something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from compose.shared.printing import Console, Table, Text, lines, listing, marked, styled
from federation.merging.precedence import FIELDS
from federation.v1 import query_pb2, record_pb2, registry_pb2, sealing_pb2
from federation.values.words import (
    completeness_word,
    finding_word,
    outcome_word,
    purpose_word,
    sealing_word,
    word,
)

_COLOURS = {
    "COMPLETE": "green",
    "PARTIAL": "yellow",
    "VOID": "red",
    "NO_RECORD": "green",
    "NO": "green",
    "RECORD": "red",
    "YES": "red",
    "CONFIRM_IDENTITY": "yellow",
    "UNDECIDED": "yellow",
}


def coloured(said: str) -> Text:
    """Return a word in the colour it is known by."""
    return styled(said, _COLOURS.get(said, ""))


def answer_tables(answer: query_pb2.Answer, console: Console | None = None) -> None:
    """Print an answer: what was found, by whom, each conviction with its sources and conflicts."""
    console = console or Console()
    console.print(
        marked(
            "[bold]{}[/]: {}, {}, answered at {}",
            purpose_word(answer.purpose),
            coloured(finding_word(answer.finding)),
            coloured(completeness_word(answer.completeness)),
            answer.answered_at,
        )
    )
    console.print(outcomes_table(answer))
    for number, conviction in enumerate(answer.convictions, start=1):
        console.print(conviction_table(conviction, number))
    if answer.listed_offences:
        console.print("relevant offences: " + "、".join(answer.listed_offences))
    for policy in answer.policies:
        console.print(marked("[dim]allowed by {}: {} ({})[/]", policy.id, policy.says, policy.clause))
    for sentence in answer.advice:
        console.print(styled(sentence, "yellow"))
    for sentence in answer.terms:
        console.print(styled(sentence, "dim"))


def outcomes_table(answer: query_pb2.Answer) -> Table:
    """Return the table of the required nodes."""
    table = Table(title="nodes that must answer", title_justify="left")
    for heading in ("node", "agency", "outcome", "why not", "as of"):
        table.add_column(heading, no_wrap=heading in ("node", "as of"))
    for each in answer.outcomes:
        as_of = f"{each.as_of[11:19]}Z" if each.as_of else ""  # the day stands above; names must not be cut
        table.add_row(each.node, each.agency, outcome_word(each.outcome), each.reason, as_of)
    return table


def conviction_table(conviction: query_pb2.MergedConviction, number: int = 1) -> Table:
    """Return the table of one conviction: value, sources, and what others say."""
    record = conviction.record
    status = f", {sealing_word(conviction.sealing_status)}" if conviction.sealing_status else ""
    status += "（含犯罪记录封存信息）" if conviction.contains_sealed else ""
    held = ", ".join(dict.fromkeys(f.node for f in conviction.facets))
    table = listing(f"conviction {number}{status}, held by {held}", "field", "value", "sources", "others say")
    conflicts = {c.field: c for c in conviction.conflicts}
    unknown = {u.field: word(record_pb2.UnknownReason.DESCRIPTOR, u.reason) for u in record.unknowns}
    holders = {f.node for f in conviction.facets}
    sources = {s.field: list(s.nodes) for s in conviction.sources}
    for field, value in field_values(record):
        nodes = sources.get(field, [])
        said = f"all {len(holders)}" if holders == set(nodes) and len(holders) > 1 else ", ".join(nodes)
        others = ""
        if field in conflicts:
            differing = [c for c in conflicts[field].claims if c.node not in nodes]
            others = "; ".join(f"{c.node}: {c.value}" for c in differing)
        if value:
            table.add_row(field, value, said, styled(others, "yellow"))
        elif field in unknown:
            table.add_row(field, marked("[dim]unknown: {}[/]", unknown[field].replace("_", " ")), "", "")
    return table


def field_values(record: record_pb2.Record) -> list[tuple[str, str]]:
    """Return every field of a record with its value in words, in the order of the Opinions II(1).2."""
    person = record.person
    rows = [
        ("person.names", " / ".join(n.text for n in person.names)),
        ("person.identifiers", " / ".join(i.number for i in person.identifiers)),
    ]
    return rows + [(field, rule.show(record)) for field, rule in FIELDS.items()]


def facet_table(facet: record_pb2.Facet) -> None:
    """Print one record of one node."""
    table = Table(title=f"record {facet.record_id}, version {facet.version}", title_justify="left")
    table.add_column("field")
    table.add_column("value", overflow="fold")
    for field, value in field_values(facet.record):
        if value:
            table.add_row(field, value)
    for unknown in facet.record.unknowns:
        reason = word(record_pb2.UnknownReason.DESCRIPTOR, unknown.reason).replace("_", " ")
        table.add_row(unknown.field, marked("[dim]unknown: {}[/]", reason))
    told = facet.provenance
    table.add_row("entered", f"{told.entered_at} by {told.officer} ({told.installation})")
    Console().print(table)


def history_table(events: list[registry_pb2.RecordEvent]) -> None:
    """Print the versions of a record."""
    table = listing("history", "version", "what", "when", "by", "instrument", "why")
    for event in events:
        told = event.provenance
        table.add_row(
            str(event.version),
            word(registry_pb2.RecordEventKind.DESCRIPTOR, event.kind),
            told.entered_at,
            f"{told.officer} ({told.organ})",
            told.instrument.reference,
            event.reason,
        )
    Console().print(table)


def worklist_table(tasks: Sequence[sealing_pb2.SealingTask]) -> None:
    """Print what waits for a decision on sealing."""
    late = sum(task.late for task in tasks)
    title = f"{len(tasks)} records wait for a person" + (f", {late} late" if late else "")
    table = listing(title, "record", "version", "decide by", "why", "who decides")
    for task in tasks:
        by = marked("[red]{} late[/]", task.due_on) if task.late else styled(task.due_on)
        why = lines([f"{task.reason} [{task.rule}]", *task.objections])
        table.add_row(task.record_id, str(task.version), by, why, task.decides)
    Console().print(table)


def message_json(message: Message) -> dict[str, Any]:
    """Return a message of the contract as programs read it."""
    return MessageToDict(message, preserving_proto_field_name=True)
