"""Answers as people read them, in their language: aligned tables, with colours where they carry meaning."""

from __future__ import annotations

from compose.shared.language import known, language, say
from compose.shared.moments import beijing
from compose.shared.printing import Console, Table, Text, listing, styled
from compose.shared.refusals import check_in_words
from federation.documents import chinese
from federation.evidence.report import Verdict, VerifiedAnswer
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
    purpose, finding = purpose_name(answer.purpose), finding_name(answer.finding)
    completeness = completeness_name(answer.completeness)
    conclusion = say(
        "ask.conclusion",
        purpose=known(f"purpose.{purpose}", purpose),
        finding=known(f"finding.{finding}", finding),
        completeness=known(f"completeness.{completeness}", completeness),
    )
    console.print(
        styled(
            conclusion, f"bold {_COLOURS.get(completeness if completeness != 'COMPLETE' else finding, '')}"
        )
    )
    for sentence in meaning(answer):
        console.print(sentence, highlight=False)
    console.print(outcomes_table(answer))
    for number, conviction in enumerate(answer.convictions, start=1):
        console.print(conviction_table(conviction, number))
        for facet in conviction.facets:
            shown = say("ask.record", record=facet.record_id, version=facet.version, node=facet.node)
            console.print(shown, highlight=False)
    for number, decision in enumerate(answer.decisions, start=1):
        console.print(decision_table(decision, number))
    if answer.listed_offences:
        console.print(say("ask.offences", offences="、".join(answer.listed_offences)))
    for graded in answer.graded:
        console.print(f"{'、'.join(graded.offences)}: {_graded(graded)}")
    for policy in answer.policies:
        allowed = say("ask.policy", id=policy.id, says=policy.says, clause=policy.clause)
        console.print(styled(allowed, "dim"))
    for sentence in answer.advice:
        console.print(styled(sentence, "yellow"))
    for sentence in answer.terms:
        console.print(styled(sentence, "dim"))


def meaning(answer: query_pb2.Answer) -> list[str]:
    """Return in sentences what the finding means, and what an incomplete answer does not; from these two alone."""
    finding, completeness = finding_name(answer.finding), completeness_name(answer.completeness)
    own = "own_" if answer.purpose == query_pb2.PURPOSE_OWN and finding in ("YES", "NO") else ""
    return list(filter(None, (known(f"means.{own}{finding}", ""), known(f"means.{completeness}", ""))))


def _graded(graded: query_pb2.GradedConviction) -> str:
    """Return the penalties of a conviction of which only offences and penalty are disclosed."""
    shown = record_pb2.Record(combined_penalty=graded.penalty)
    if graded.HasField("further_penalty"):
        shown.further_penalty.CopyFrom(graded.further_penalty)
    then = "，其后" if language() == "zh" else ", then "
    return then.join(
        filter(None, (in_words(field, shown) for field in ("combined_penalty", "further_penalty")))
    )


def in_words(field: str, record: record_pb2.Record) -> str:
    """Return the value of a field in the language of this run; what the law words in Chinese, as documents word it."""
    shown = FIELDS[field].show(record)
    if language() != "zh" or not shown:
        return shown
    worded: dict[str, list[str]] = {
        "combined_penalty": [chinese.penalty(record.combined_penalty)],
        "further_penalty": [chinese.penalty(record.further_penalty)],
        "supplementary_penalties": [chinese.supplementary(each) for each in record.supplementary_penalties],
        "prohibitions": [chinese.prohibition(each) for each in record.prohibitions],
        "execution": [chinese.execution(each) for each in record.execution],
    }
    return "；".join(worded[field]) if field in worded else known(f"word.{shown}", shown)


def verdict_line(verified: VerifiedAnswer) -> Text:
    """Return the sentence that says on whose signatures the answer rests."""
    if verified.verdict is Verdict.PROVEN:
        return styled(say("ask.proven"), "green")
    return styled(
        say("ask.signed", gaps="; ".join(check_in_words(check) for check in verified.gaps)), "yellow"
    )


def outcomes_table(answer: query_pb2.Answer) -> Table:
    """Return the table of the required nodes."""
    headings = [say(f"ask.{key}") for key in ("node", "agency", "outcome", "why_not", "as_of")]
    table = listing(say("ask.nodes"), *headings, whole={headings[0], headings[-1]})
    for each in answer.outcomes:
        as_of = beijing(each.as_of)[11:]  # the day is shown above
        outcome = outcome_name(each.outcome)
        table.add_row(each.node, each.agency, known(f"outcome.{outcome}", outcome), each.reason, as_of)
    return table


def conviction_table(conviction: query_pb2.MergedConviction, number: int = 1) -> Table:
    """Return the table of one conviction: values, their sources, and differing values of others."""
    record = conviction.record
    status = f", {_status(conviction.sealing_status)}" if conviction.sealing_status else ""
    status += "（含犯罪记录封存信息）" if conviction.contains_sealed else ""
    held = ", ".join(dict.fromkeys(f.node for f in conviction.facets))
    title = say("ask.conviction", number=number, status=status, holders=held)
    table = listing(title, *(say(f"ask.{key}") for key in ("field", "value", "sources", "others")))
    conflicts = {c.field: c for c in conviction.conflicts}
    unknown = {u.field: enum_name(record_pb2.UnknownReason.DESCRIPTOR, u.reason) for u in record.unknowns}
    holders = {f.node for f in conviction.facets}
    sources = {s.field: list(s.nodes) for s in conviction.sources}
    if conviction.HasField("retrial"):
        retrial = conviction.retrial
        state = say("ask.retrial_overdue", on=retrial.ends_on) if retrial.overdue else say("ask.retrial_open")
        says = say("ask.retrial", on=retrial.ordered_on, court=retrial.court, state=state)
        table.add_row(say("field.retrial"), styled(says, "yellow"), "", "")
    for change in conviction.late_changes:
        says = say("ask.late", field=change.field, since=change.since)
        table.add_row(say("field.late_change"), styled(says, "yellow"), change.node, "")
    for field, value in field_values(record):
        nodes = sources.get(field, [])
        holding = (
            say("ask.all", number=len(holders))
            if holders == set(nodes) and len(holders) > 1
            else ", ".join(nodes)
        )
        others = ""
        if field in conflicts:
            differing = [c for c in conflicts[field].claims if c.node not in nodes]
            others = "; ".join(f"{c.node}: {c.value}" for c in differing)
        if value:
            table.add_row(known(f"field.{field}", field), value, holding, styled(others, "yellow"))
        elif field in unknown:
            reason = say("ask.unknown", reason=known(f"reason.{unknown[field]}", unknown[field]))
            table.add_row(known(f"field.{field}", field), styled(reason, "dim"), "", "")
    return table


def decision_table(decision: query_pb2.RelatedDecision, number: int = 1) -> Table:
    """Return the table of one decision of another class than convictions: what each holder records of it (R64)."""
    first = decision.held[0].record
    title = related_classes()[record_class_name(first.record_class)].title
    heading = say("ask.related", title=title, number=number, status=_status(decision.sealing_status))
    table = listing(heading, say("ask.field"), *(held.facet.node for held in decision.held))
    columns = [dict(decision_values(held.record)) for held in decision.held]
    for field in columns[0]:
        if any(column[field] for column in columns):
            table.add_row(known(f"field.{field}", field), *(column[field] for column in columns))
    if any(held.late_changes for held in decision.held):
        late = (
            "; ".join(say("ask.late", field=c.field, since=c.since) for c in held.late_changes)
            for held in decision.held
        )
        table.add_row(say("field.late_change"), *(styled(each, "yellow") for each in late))
    return table


def _status(status: record_pb2.SealingStatus.ValueType) -> str:
    name = sealing_status_name(status)
    return known(f"status.{name}", name)


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
    return rows + [(field, in_words(field, record)) for field in FIELDS]
