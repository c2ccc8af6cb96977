"""Answers as people read them: aligned tables, with colours where they carry meaning."""

from __future__ import annotations

from compose.shared.printing import Console, Table, Text, listing, marked, styled
from federation.evidence.report import Verdict, VerifiedAnswer
from federation.merging import values
from federation.merging.precedence import FIELDS
from federation.record.classes import related_classes
from federation.v1 import query_pb2, record_pb2, related_pb2
from federation.values.enum_names import (
    completeness_name,
    enum_name,
    finding_name,
    outcome_name,
    purpose_name,
    record_class_name,
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
        for facet in conviction.facets:
            console.print(
                f"record {facet.record_id}, version {facet.version}, at {facet.node}", highlight=False
            )
    for number, decision in enumerate(answer.decisions, start=1):
        console.print(decision_table(decision, number))
    if answer.listed_offences:
        console.print("relevant offences: " + "、".join(answer.listed_offences))
    for graded in answer.graded:
        shown = record_pb2.Record(combined_penalty=graded.penalty)
        if graded.HasField("further_penalty"):
            shown.further_penalty.CopyFrom(graded.further_penalty)
        penalty = ", then ".join(filter(None, (values.penalty(shown), values.further(shown))))
        console.print(f"{'、'.join(graded.offences)}: {penalty}")
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
    if conviction.HasField("retrial"):
        retrial = conviction.retrial
        says = f"ordered on {retrial.ordered_on} by {retrial.court}; "
        says += f"the outcome is overdue since {retrial.ends_on}" if retrial.overdue else "not ended"
        table.add_row("retrial", styled(says, "yellow"), "", "")
    for change in conviction.late_changes:
        says = f"{change.field}: asked for or told, and not settled since {change.since}"
        table.add_row("late change", styled(says, "yellow"), change.node, "")
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


def decision_table(decision: query_pb2.RelatedDecision, number: int = 1) -> Table:
    """Return the table of one decision of another class than convictions: what each holder records of it (R64)."""
    first = decision.held[0].record
    status = sealing_status_name(decision.sealing_status)
    title = related_classes()[record_class_name(first.record_class)].title
    table = listing(f"{title} {number}, {status}", "field", *(held.facet.node for held in decision.held))
    columns = [dict(decision_values(held.record)) for held in decision.held]
    for field in columns[0]:
        if any(column[field] for column in columns):
            table.add_row(field, *(column[field] for column in columns))
    if any(held.late_changes for held in decision.held):
        late = ("; ".join(f"{c.field} since {c.since}" for c in held.late_changes) for held in decision.held)
        table.add_row("late change", *(styled(each, "yellow") for each in late))
    return table


def decision_values(record: record_pb2.Record) -> list[tuple[str, str]]:
    """Return the fields of a record that rests on a decision, with their values in words."""
    made, person = record.decision, record.person
    sanctions = [
        enum_name(related_pb2.SanctionKind.DESCRIPTOR, each.kind)
        + (f" {each.days} days" if each.days else "")
        + (f" {each.months} months" if each.months else "")
        + (f" {each.amount_yuan} yuan" if each.amount_yuan else "")
        for each in made.sanctions
    ]
    kind = made.non_prosecution
    return [
        ("person.names", " / ".join(n.text for n in person.names)),
        ("person.identifiers", " / ".join(i.number for i in person.identifiers)),
        ("decision.organ", made.organ),
        ("decision.number", made.number),
        ("decision.decided_on", made.decided_on),
        ("decision.ground", made.ground),
        ("acts", "、".join(offence.name for offence in record.offences)),
        ("decision.sanctions", ", ".join(sanctions)),
        (
            "decision.non_prosecution",
            enum_name(related_pb2.NonProsecutionKind.DESCRIPTOR, kind) if kind else "",
        ),
    ]


def field_values(record: record_pb2.Record) -> list[tuple[str, str]]:
    """Return every field of a record with its value in words, in the order of the Opinions II(1).2."""
    person = record.person
    rows = [
        ("person.names", " / ".join(n.text for n in person.names)),
        ("person.identifiers", " / ".join(i.number for i in person.identifiers)),
    ]
    return rows + [(field, rule.show(record)) for field, rule in FIELDS.items()]
