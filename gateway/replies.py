"""What became of one node that was asked, and what its answers say about the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from federation.charter.model import Node
from federation.v1 import lookup_pb2, query_pb2

#: The outcomes with which a node has answered.
ANSWERED = frozenset(
    {
        query_pb2.OUTCOME_NONE,
        query_pb2.OUTCOME_MATCH,
        query_pb2.OUTCOME_SEVERAL,
        query_pb2.OUTCOME_MORE_DATA_NEEDED,
    }
)


@dataclass(frozen=True, slots=True)
class Reply:
    """The one outcome of one required node, with its signed answer when it gave one."""

    node: Node
    outcome: query_pb2.Outcome.ValueType
    reason: str = ""
    answer: lookup_pb2.NodeAnswer | None = None
    evidence: query_pb2.NodeEvidence | None = None


def completeness(outcomes: Iterable[query_pb2.Outcome.ValueType]) -> query_pb2.Completeness.ValueType:
    """COMPLETE when every required node answered, VOID when none did, else PARTIAL."""
    answered = [outcome in ANSWERED for outcome in outcomes]
    if all(answered):
        return query_pb2.COMPLETENESS_COMPLETE
    return query_pb2.COMPLETENESS_PARTIAL if any(answered) else query_pb2.COMPLETENESS_VOID
