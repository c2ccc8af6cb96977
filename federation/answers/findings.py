"""The finding of an answer: what the convictions and the outcomes of all nodes amount to."""

from __future__ import annotations

from collections.abc import Sequence

from federation.law.relevance import Answer as Relevance
from federation.v1 import query_pb2


def _unsettled(outcomes: dict[str, query_pb2.Outcome.ValueType]) -> bool:
    return any(
        o in (query_pb2.OUTCOME_SEVERAL, query_pb2.OUTCOME_MORE_DATA_NEEDED) for o in outcomes.values()
    )


def full_finding(
    found: Sequence[query_pb2.MergedConviction | query_pb2.RelatedDecision],
    outcomes: dict[str, query_pb2.Outcome.ValueType],
    whole: query_pb2.Completeness.ValueType,
) -> query_pb2.Finding.ValueType:
    """Return the finding at full granularity: NO_RECORD needs an answer from every node and nothing left open."""
    if found:
        return query_pb2.FINDING_RECORD
    if _unsettled(outcomes):
        return query_pb2.FINDING_CONFIRM_IDENTITY
    if whole == query_pb2.COMPLETENESS_COMPLETE:
        return query_pb2.FINDING_NO_RECORD
    return query_pb2.FINDING_UNDECIDED


def yes_no(
    answer: Relevance,
    outcomes: dict[str, query_pb2.Outcome.ValueType],
    whole: query_pb2.Completeness.ValueType,
    *,
    unsure: bool,
) -> query_pb2.Finding.ValueType:
    """Return the finding: YES needs one node only; NO needs an answer from every node and nothing left open."""
    if answer is Relevance.YES:
        return query_pb2.FINDING_YES
    if _unsettled(outcomes) or unsure:
        return query_pb2.FINDING_CONFIRM_IDENTITY
    if answer is Relevance.NO and whole == query_pb2.COMPLETENESS_COMPLETE:
        return query_pb2.FINDING_NO
    return query_pb2.FINDING_UNDECIDED


def discloses(answer: Relevance, finding: query_pb2.Finding.ValueType) -> bool:
    """Say whether the finding discloses a conviction with this answer: only one that led to it; NO discloses none."""
    if finding == query_pb2.FINDING_YES:
        return answer is Relevance.YES
    return finding == query_pb2.FINDING_UNDECIDED and answer is Relevance.UNDECIDED
