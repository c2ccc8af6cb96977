"""What must hold of an answer at full granularity although some nodes' signed answers are kept for auditors.

A gateway leaves a node's answer out where it names somebody whom this asker may not know, or holds a record that is
withheld next to one that is shown. Whatever rests on the attached answers alone is held to them all the same: else
calling one node redacted would let a gateway alter what the others signed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from federation.answers.assembling import Assembled
from federation.answers.findings import full_finding
from federation.answers.others_named import leave_out
from federation.answers.replies import ANSWERED
from federation.errors import Corrupt
from federation.evidence.report import Unproven
from federation.statements.reasons import REDACTED
from federation.v1 import query_pb2 as pb
from federation.v1.lookup_pb2 import NodeAnswer
from federation.values import enum_names

#: What a gateway states of a node of whose records it withholds all (`federation.answers.outcomes.outcome_of`).
UNSIGNED: Final = frozenset({pb.OUTCOME_NONE, pb.OUTCOME_SEVERAL})


def outcomes_stated(answer: pb.Answer, edition: str) -> str:
    """Check that each node's outcome and reason are of a form that a gateway may state, and the finding theirs."""
    full = answer.granularity == pb.GRANULARITY_FULL
    attached = {evidence.node for evidence in answer.evidence}
    for outcome in answer.outcomes:
        name = enum_names.outcome_name(outcome.outcome)
        if not full and outcome.outcome == pb.OUTCOME_ANSWERED and outcome.reason:
            raise Corrupt(f"{outcome.node} is said to have answered, with a reason why it did not")
        if full and outcome.outcome == pb.OUTCOME_ANSWERED:
            raise Corrupt(f"{outcome.node}: at full granularity an answer says what each node answered")
        if outcome.reason == REDACTED and (not full or outcome.outcome != pb.OUTCOME_MATCH):
            raise Corrupt(f"{outcome.node}: {name} has nothing that could be redacted")
        if outcome.reason == REDACTED and outcome.node in attached:
            raise Corrupt(f"the answer of {outcome.node} is attached, and said to be redacted")
        unsigned = outcome.outcome in UNSIGNED and outcome.node not in attached
        if full and unsigned and (outcome.reason or not outcome.as_of):
            raise Corrupt(f"{outcome.node}: {name} is stated as no gateway states it")
    if not full or answer.rules != edition:
        return "each node's outcome is of a form that a gateway may state"
    found: list[pb.MergedConviction | pb.RelatedDecision] = [*answer.convictions, *answer.decisions]
    finding = full_finding(found, {o.node: o.outcome for o in answer.outcomes}, answer.completeness)
    if finding != answer.finding:
        raise Corrupt(
            f"{enum_names.finding_name(answer.finding)}, although convictions and outcomes make it "
            f"{enum_names.finding_name(finding)}"
        )
    return "the finding is what convictions and outcomes make it"


def all_shown(answer: pb.Answer, signed: Mapping[str, NodeAnswer]) -> str:
    """Check that every record in an attached answer is shown: where a node's record is withheld, none is attached."""
    shown = {
        (facet.node, facet.record_id, facet.version)
        for facet in (
            *(facet for conviction in answer.convictions for facet in conviction.facets),
            *(held.facet for decision in answer.decisions for held in decision.held),
        )
    }
    for node, own in signed.items():
        for facet in own.facets:
            if (node, facet.record_id, facet.version) not in shown:
                raise Corrupt(f"{node} signed a record that the answer does not show")
    return "every record in an attached answer is shown"


def assembled_in_part(
    answer: pb.Answer, made: Assembled, apart: Sequence[str], *, kept_private: bool
) -> None:
    """Check what rests on attached answers alone, by what was `made` of these; then raise `Unproven` for the rest.

    `kept_private` says that the asker may not know who else is named in the answers of the nodes `apart`: fields that
    name others are then left out of every conviction.
    """
    for number, shown in enumerate(answer.convictions, start=1):
        if {facet.node for facet in shown.facets} & set(apart):
            continue
        alike = [each for each in made.convictions if list(each.facets) == list(shown.facets)]
        if not alike:
            raise Corrupt(f"conviction {number} joins records that the rules do not join, or parts them")
        if _differing(shown, alike[0], kept_private):
            raise Corrupt(f"conviction {number} is not what the attached answers make it")
    for number, decision in enumerate(answer.decisions, start=1):
        if {held.facet.node for held in decision.held} & set(apart):
            continue
        if decision not in made.decisions:
            raise Corrupt(f"decision {number} is not what the attached answers make it")
    raise Unproven(f"assembled again only in part: the answers of {', '.join(apart)} are held for auditors")


def _differing(shown: pb.MergedConviction, made: pb.MergedConviction, kept_private: bool) -> bool:
    pair = (pb.MergedConviction(), pb.MergedConviction())
    for copy, each in zip(pair, (shown, made), strict=True):
        copy.CopyFrom(each)
        if kept_private:
            leave_out(copy, "prosecuting_party")
            leave_out(copy, "prohibitions")
    return pair[0] != pair[1]


def bare(answer: pb.Answer, attached: Collection[str]) -> list[str]:
    """Return the nodes that answered and whose signed answer is not attached."""
    return [o.node for o in answer.outcomes if o.outcome in ANSWERED and o.node not in attached]
