"""Use of non-criminal records in an answer (R64): a yes or no under a row that covers their class, or their content.

The content is shown where an organ's question in a case names the class and may open its seal. They are
judged separately from convictions, by their own sealing rules and predicate terms, and never merged with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from federation.answers.withheld import Withheld
from federation.law import sealing
from federation.law.bases import Basis
from federation.law.relevance import Answer
from federation.law.relevance.late import earliest, unsettles
from federation.law.relevance.related import relevance_of_related
from federation.merging.merge import FacetSource
from federation.merging.values import plain
from federation.record.classes import CRIMINAL
from federation.record.facts import decide_together, seals_together
from federation.record.statuses import SEALING_STATUS
from federation.statements.asking import CheckedQuestion
from federation.v1 import query_pb2, record_pb2
from federation.values.enum_names import record_class_name


@dataclass(slots=True)
class Related:
    """The decisions found in addition to convictions: the answer for each, and the facets that hold it."""

    answers: list[tuple[Answer, list[FacetSource]]] = field(default_factory=list)
    decisions: list[query_pb2.RelatedDecision] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)

    def nodes(self) -> set[str]:
        """Return the nodes that hold a decision that counts."""
        return {source.node for _, members in self.answers for source in members}

    def references(self, wanted: Iterable[Answer]) -> list[query_pb2.FacetReference]:
        """Return the facets behind answers in `wanted`, so that those answers can be recalled if a facet changes."""
        return [
            _reference(source) for answer, members in self.answers if answer in wanted for source in members
        ]


def is_related(source: FacetSource) -> bool:
    """Say whether a facet is of another class than the criminal one."""
    return record_class_name(source.facet.record.record_class) != CRIMINAL


def may_be_disclosed(
    asked: CheckedQuestion, facets: Sequence[record_pb2.Facet], status: sealing.Status, on: date
) -> bool:
    """Say whether the facets may count: open, or sealed only by rules that are opened to this question (A10)."""
    name = record_class_name(facets[0].record.record_class)
    if status is sealing.Status.OPEN:
        return name in asked.reach.unsealed
    return name in asked.reach.sealed and seals_together(facets, on) <= asked.reach.opened


def look_at_related(
    asked: CheckedQuestion, sources: Iterable[FacetSource], *, profile: str, basis: Basis | None, on: date
) -> Related:
    """Return what the facets of other classes mean for the question on the day `on`."""
    related = Related()
    for name, decisions in _decisions(sources).items():
        disclosed = []
        for members in decisions:
            facets = [source.facet for source in members]
            decision = decide_together(facets, profile, on)
            if may_be_disclosed(asked, facets, decision.status, on):
                disclosed.append(members)
                related.decisions.append(_decision(members, decision.status))
                continue
            related.withheld += [
                Withheld(s.node, s.facet.record_id, s.facet.version, decision.rule) for s in members
            ]
        held = [[source.facet.record for source in members] for members in disclosed]
        # Without a provision the question asks for the class itself, so that every decision of it counts.
        answers = relevance_of_related(basis, name, held, on=on) if basis else [Answer.YES] * len(held)
        related.answers += (
            (_unless_late(answer, members), members)
            for answer, members in zip(answers, disclosed, strict=True)
        )
    related.decisions.sort(key=lambda each: _day_and_number(each.held[0].record))
    return related


def late_changes(source: FacetSource) -> list[record_pb2.LateChange]:
    """Return the changes in favour of the person that the holder of a facet owes, each once, with its name."""
    return earliest(
        record_pb2.LateChange(field=change.field, since=change.since, node=source.node)
        for change in source.facet.late_changes
    )


def _unless_late(answer: Answer, members: Iterable[FacetSource]) -> Answer:
    """Leave it to a person where a change of the decision is late (R47)."""
    late = any(unsettles(source.facet.late_changes) for source in members)
    return Answer.UNDECIDED if late and answer is Answer.YES else answer


def _decision(members: Sequence[FacetSource], status: sealing.Status) -> query_pb2.RelatedDecision:
    """Return a decision as it is shown: each holder's own record of it, and whether it is sealed."""
    return query_pb2.RelatedDecision(
        held=[
            query_pb2.HeldDecision(facet=_reference(s), record=s.facet.record, late_changes=late_changes(s))
            for s in members
        ],
        sealing_status=SEALING_STATUS[status],
    )


def _reference(source: FacetSource) -> query_pb2.FacetReference:
    return query_pb2.FacetReference(
        node=source.node,
        record_id=source.facet.record_id,
        version=source.facet.version,
        entered_at=source.facet.provenance.entered_at,
    )


def _day_and_number(record: record_pb2.Record) -> tuple[str, str]:
    return record.decision.decided_on, record.decision.number


def _decisions(sources: Iterable[FacetSource]) -> Mapping[str, list[list[FacetSource]]]:
    """Return the facets by class and decision: the same organ and number, else the same day and acts."""
    found: dict[str, dict[tuple[str, ...], list[FacetSource]]] = {}
    for source in sources:
        record = source.facet.record
        decision = record.decision
        which = (
            [decision.number]
            if decision.number
            else [decision.decided_on, *sorted(o.name for o in record.offences)]
        )
        key = (plain(decision.organ), *(plain(part) for part in which))
        of_class = found.setdefault(record_class_name(record.record_class), {})
        of_class.setdefault(key, []).append(source)
    return {name: list(decisions.values()) for name, decisions in found.items()}
