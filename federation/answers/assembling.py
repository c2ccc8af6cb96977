"""Assembly of one answer from many: merge, judge sealing again, find, minimise (design steps 7 to 10).

Sealing is judged here a second time, on the facts of all agencies together and by code that uses no store.
A record that this question may not be shown is left out as if it did not exist, and an incident is logged for
the operators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from federation.answers.findings import discloses, full_finding, yes_no
from federation.answers.others_named import leave_out, names_others, names_prosecutor, orders_prohibition
from federation.answers.outcomes import coarse_outcome, named_outcome, outcome_of
from federation.answers.related import Related, is_related, late_changes, look_at_related, may_be_disclosed
from federation.answers.replies import Reply, completeness
from federation.answers.withheld import Withheld
from federation.law.bases import Basis
from federation.law.relevance import Answer as Relevance
from federation.law.relevance import judge, relevant
from federation.law.relevance.bars import Bar, bars
from federation.law.relevance.late import earliest, unsettles
from federation.law.relevance.retrial import pending_retrial
from federation.merging.merge import FacetSource, group, merge
from federation.record.classes import CRIMINAL
from federation.record.facts import decide_together
from federation.record.fields import CO_OFFENDERS
from federation.record.statuses import SEALING_STATUS
from federation.statements.asking import CheckedQuestion
from federation.statements.reasons import REDACTED
from federation.v1 import query_pb2, record_pb2

_SETTLED = frozenset({query_pb2.FINDING_YES, query_pb2.FINDING_NO})

#: A merged conviction, with each agency's record of it.
_Disclosed = tuple[query_pb2.MergedConviction, list[record_pb2.Record]]


@dataclass(slots=True)
class Assembled:
    """The contents of an answer, and the withheld records, which only the operators learn of."""

    completeness: query_pb2.Completeness.ValueType
    finding: query_pb2.Finding.ValueType
    outcomes: list[query_pb2.NodeOutcome]
    convictions: list[query_pb2.MergedConviction] = field(default_factory=list)
    #: What holders record of decisions of another class, where the question names that class (R64).
    decisions: list[query_pb2.RelatedDecision] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    graded: list[query_pb2.GradedConviction] = field(default_factory=list)
    evidence: list[query_pb2.NodeEvidence] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    #: The facets that the finding discloses: when one of them changes, the answer is recalled.
    disclosed: list[query_pb2.FacetReference] = field(default_factory=list)
    #: The merged convictions that the asker may know of, with their conflicts.
    merged: list[query_pb2.MergedConviction] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)


def assemble(
    asked: CheckedQuestion, replies: Sequence[Reply], *, profile: str, rows: Mapping[str, Basis], on: date
) -> Assembled:
    """Return the answer to `asked` from the replies of all required nodes, as of the day `on`.

    `rows` is the catalogue: the question names one of them, or asks for the bars of all rows.
    """
    basis = rows.get(asked.query.basis)
    sources = _sources(replies)
    related = look_at_related(asked, filter(is_related, sources), profile=profile, basis=basis, on=on)
    disclosed, withheld = _convictions(asked, [s for s in sources if not is_related(s)], profile, on)
    withheld += related.withheld
    kept = _kept(disclosed, related, withheld)
    convictions = [merged for merged, _ in disclosed]
    outcomes = {str(reply.node.name): outcome_of(reply, kept) for reply in replies}
    whole = completeness(outcomes.values())
    unsure = any(reply.reason and reply.node.name in kept for reply in replies)
    shown = asked.shown
    if shown == "full":
        finding = full_finding([*convictions, *related.decisions], outcomes, whole)
        rests_on = convictions
    else:
        answers = [relevant(basis, [each], on=on) if basis else _stands(each[0]) for each in disclosed]
        answer = max([*answers, *(each for each, _ in related.answers)], default=Relevance.NO)
        finding = yes_no(answer, outcomes, whole, unsure=unsure)
        rests_on = [c for c, each in zip(convictions, answers, strict=True) if discloses(each, finding)]
    result = Assembled(whole, finding, [], withheld=withheld, merged=convictions)
    result.disclosed = [facet for conviction in rests_on for facet in conviction.facets]
    shaping = set(Relevance) if shown == "full" else {each for each in Relevance if discloses(each, finding)}
    result.disclosed += related.references(shaping)
    settled = whole == query_pb2.COMPLETENESS_COMPLETE and finding in _SETTLED
    if asked.query.with_bars and settled:
        result.bars = bars(rows, disclosed, on=on)
    if shown == "full":
        result.outcomes = [named_outcome(r, outcomes[r.node.name]) for r in replies]
        result.convictions = convictions
        result.decisions = related.decisions
        _attach(asked, replies, kept, result)
    else:
        result.outcomes = [coarse_outcome(r, outcomes[r.node.name]) for r in replies]
        if shown in ("listed", "extract") and basis is not None:
            relied_on = [c.record for c in convictions if not unsettles(c.late_changes)]
            judged = [(record, judge(basis, record, on=on).offences) for record in relied_on]
            result.listed = sorted({name for _, names in judged for name in names})
            if shown == "extract":
                result.graded = [_graded(record, names) for record, names in judged if names]
    return result


def _convictions(
    asked: CheckedQuestion, sources: Sequence[FacetSource], profile: str, on: date
) -> tuple[list[_Disclosed], list[Withheld]]:
    """Return the convictions that may be shown, and the withheld records."""
    shown: list[_Disclosed] = []
    withheld: list[Withheld] = []
    groups = group(sources)
    decisions = [decide_together([s.facet for s in members], profile, on) for members in groups]
    for members, decision in zip(groups, decisions, strict=True):
        if not may_be_disclosed(asked, [s.facet for s in members], decision.status, on):
            withheld += [Withheld(s.node, s.facet.record_id, s.facet.version, decision.rule) for s in members]
            continue
        conviction = merge(members)
        _say_what_is_pending(conviction, members, on)
        if CRIMINAL in asked.reach.sealed:
            conviction.sealing_status = SEALING_STATUS[decision.status]
            conviction.contains_sealed = any(s.facet.contains_sealed for s in members)
        shown.append((conviction, [s.facet.record for s in members]))
    shown.sort(
        key=lambda disclosed: (disclosed[0].record.final_on, disclosed[0].record.judgment_number.canonical)
    )
    return shown, withheld


def _say_what_is_pending(
    conviction: query_pb2.MergedConviction, members: Sequence[FacetSource], on: date
) -> None:
    """Say of a conviction that it is tried again, whether the outcome is overdue, and what holders owe (R47)."""
    conviction.late_changes.extend(earliest(each for member in members for each in late_changes(member)))
    if (retrial := pending_retrial(conviction.record)) is not None:
        conviction.retrial.ordered_on, conviction.retrial.court = (
            retrial.ordered_on.isoformat(),
            retrial.court,
        )
        conviction.retrial.ends_on = retrial.ends_on.isoformat()
        conviction.retrial.overdue = retrial.overdue(on)


def _stands(conviction: query_pb2.MergedConviction) -> Relevance:
    """Return YES for a conviction that counts by itself, but leave it to a person where a change of it is late."""
    late = conviction.retrial.overdue or unsettles(conviction.late_changes)
    return Relevance.UNDECIDED if late else Relevance.YES


def _sources(replies: Sequence[Reply]) -> list[FacetSource]:
    return [
        FacetSource(str(reply.node.name), str(reply.node.agency), facet)
        for reply in replies
        if reply.answer is not None
        for facet in reply.answer.facets
    ]


def _kept(shown: Sequence[_Disclosed], related: Related, withheld: Sequence[Withheld]) -> dict[str, bool]:
    """Return, for each node with a record that counts, whether none of its other records is withheld."""
    nodes = {facet.node for conviction, _ in shown for facet in conviction.facets} | related.nodes()
    return {node: True for node in nodes} | {w.node: False for w in withheld if w.node in nodes}


def _graded(record: record_pb2.Record, names: Sequence[str]) -> query_pb2.GradedConviction:
    """Return what may be disclosed to a unit: offences that the provision makes relevant, penalty, term."""
    further = record.further_penalty if record.HasField("further_penalty") else None
    return query_pb2.GradedConviction(
        offences=names, penalty=record.combined_penalty, further_penalty=further
    )


def _attach(
    asked: CheckedQuestion, replies: Sequence[Reply], kept: dict[str, bool], result: Assembled
) -> None:
    """Attach each node's signed answer unless it holds what this asker may not see."""
    private = asked.query.purpose == query_pb2.PURPOSE_DEFENCE
    for reply, reported in zip(replies, result.outcomes, strict=True):
        if reply.evidence is None or reported.outcome != reply.outcome:
            continue
        redact = not kept.get(str(reply.node.name), True) or (private and names_others(reply))
        if redact:
            reported.reason = REDACTED
        else:
            result.evidence.append(reply.evidence)
    if private and any(map(names_prosecutor, replies)):
        for conviction in result.convictions:
            leave_out(conviction, "prosecuting_party")
    if private and any(map(orders_prohibition, replies)):
        for conviction in result.convictions:
            leave_out(conviction, "prohibitions")
    if private:
        for conviction in result.convictions:
            conviction.record.extensions.pop(CO_OFFENDERS, None)
