"""Nodes that did not answer a gateway: a right gateway then finds nothing out, and is not to blame for it."""

from __future__ import annotations

from compose.conformance.outcomes import NotRun
from federation.v1 import query_pb2

_NOT_HEARD = frozenset({query_pb2.OUTCOME_UNREACHABLE, query_pb2.OUTCOME_LATE})


def missing_of(answer: query_pb2.Answer) -> list[tuple[str, int, str]]:
    """Return the nodes that have not answered by what the gateway says, and how."""
    return [(o.node, o.outcome, o.reason) for o in answer.outcomes if o.outcome in _NOT_HEARD]


def insist_heard(answer: query_pb2.Answer) -> None:
    """Raise `NotRun` where nothing could be found out, because a node has not answered."""
    if answer.finding == query_pb2.FINDING_UNDECIDED and (missing := missing_of(answer)):
        raise NotRun(f"no answer of {', '.join(name for name, *_ in missing)}, which may hold the record")
