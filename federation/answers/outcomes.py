"""What became of each node that was asked, as the answer states it."""

from __future__ import annotations

from federation.answers.replies import Reply, completeness
from federation.statements.reasons import UNIDENTIFIED
from federation.v1 import query_pb2


def outcome_of(reply: Reply, kept: dict[str, bool]) -> query_pb2.Outcome.ValueType:
    """Return the node's outcome; if all its records are withheld here: NONE, or SEVERAL where some are unidentified."""
    if reply.outcome == query_pb2.OUTCOME_MATCH and reply.node.name not in kept:
        return query_pb2.OUTCOME_SEVERAL if reply.reason == UNIDENTIFIED else query_pb2.OUTCOME_NONE
    return reply.outcome


def named_outcome(reply: Reply, outcome: query_pb2.Outcome.ValueType) -> query_pb2.NodeOutcome:
    """Return the outcome shown at full granularity, with its reason and the time that the answer is of."""
    named = query_pb2.NodeOutcome(
        node=reply.node.name, agency=reply.node.agency, outcome=outcome, reason=reply.reason
    )
    if reply.answer is not None:
        named.as_of = reply.answer.as_of
        if outcome != reply.outcome:
            named.reason = ""
    return named


def coarse_outcome(reply: Reply, outcome: query_pb2.Outcome.ValueType) -> query_pb2.NodeOutcome:
    """Return the outcome shown below full granularity: answered, or the reason why not."""
    hidden = query_pb2.NodeOutcome(node=reply.node.name, agency=reply.node.agency, outcome=outcome)
    if completeness([outcome]) == query_pb2.COMPLETENESS_COMPLETE:
        hidden.outcome = query_pb2.OUTCOME_ANSWERED
    else:
        hidden.reason = reply.reason
    return hidden
