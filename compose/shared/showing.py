"""Answers as people read them: aligned tables, with colours where they carry meaning."""

from __future__ import annotations

from compose.shared.printing import Console, Table, Text, listing, marked, styled
from federation.evidence.report import Verdict, VerifiedAnswer
from federation.merging.precedence import FIELDS
from federation.v1 import query_pb2, record_pb2
from federation.values.enum_names import (
    completeness_name,
    enum_name,
    finding_name,
    outcome_name,
    purpose_name,
    sealing_status_name,
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


def coloured(text: str) -> Text:
    """Return a term in its usual colour."""
    return styled(text, _COLOURS.get(text, ""))


def answer_tables(answer: query_pb2.Answer, console: Console | None = None) -> None:
    """Print an answer: the finding, the outcome of each node, each conviction with its sources and conflicts."""
    console = console or Console()
    console.print(
        marked(
            "[bold]{}[/]: {}, {}, answered at {}",
            purpose_name(answer.purpose),
            coloured(finding_name(answer.finding)),
            coloured(completeness_name(answer.completeness)),
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


def verdict_line(verified: VerifiedAnswer) -> Text:
    """Return the sentence that says on whose signatures the answer rests."""
    if verified.verdict is Verdict.PROVEN:
        return styled(
            "Proven: the agencies' own signed answers were checked, and make exactly this answer.", "green"
        )
    gaps = "; ".join(check.says for check in verified.gaps)
    return styled(f"Signed by the gateway, not proven: {gaps}.", "yellow")


def outcomes_table(answer: query_pb2.Answer) -> Table:
    """Return the table of the required nodes."""
    table = Table(title="nodes that must answer", title_justify="left")
    for heading in ("node", "agency", "outcome", "why not", "as of"):
        table.add_column(heading, no_wrap=heading in ("node", "as of"))
    for each in answer.outcomes:
        as_of = f"{each.as_of[11:19]}Z" if each.as_of else ""  # the day is shown above; names must not be cut
        table.add_row(each.node, each.agency, outcome_name(each.outcome), each.reason, as_of)
    return table


def conviction_table(conviction: query_pb2.MergedConviction, number: int = 1) -> Table:
    """Return the table of one conviction: values, their sources, and differing values of others."""
    record = conviction.record
    status = f", {sealing_status_name(conviction.sealing_status)}" if conviction.sealing_status else ""
    status += "（含犯罪记录封存信息）" if conviction.contains_sealed else ""
    held = ", ".join(dict.fromkeys(f.node for f in conviction.facets))
    table = listing(f"conviction {number}{status}, held by {held}", "field", "value", "sources", "others say")
    conflicts = {c.field: c for c in conviction.conflicts}
    unknown = {u.field: enum_name(record_pb2.UnknownReason.DESCRIPTOR, u.reason) for u in record.unknowns}
    holders = {f.node for f in conviction.facets}
    sources = {s.field: list(s.nodes) for s in conviction.sources}
    for field, value in field_values(record):
        nodes = sources.get(field, [])
        holding = f"all {len(holders)}" if holders == set(nodes) and len(holders) > 1 else ", ".join(nodes)
        others = ""
        if field in conflicts:
            differing = [c for c in conflicts[field].claims if c.node not in nodes]
            others = "; ".join(f"{c.node}: {c.value}" for c in differing)
        if value:
            table.add_row(field, value, holding, styled(others, "yellow"))
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
