"""The nodes that must answer a question: charter and purpose decide before any node is asked, never the client."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from federation.charter.model import Charter, InstallationState, Node
from federation.v1 import query_pb2

#: Outcomes of nodes that the charter itself keeps from answering.
_BARRED = {
    InstallationState.MAINTENANCE: (query_pb2.OUTCOME_MAINTENANCE, "MAINTENANCE"),
    InstallationState.SUSPENDED: (query_pb2.OUTCOME_REFUSED, "SUSPENDED_IN_CHARTER"),
    InstallationState.REMOVED: (query_pb2.OUTCOME_REFUSED, "REMOVED_FROM_CHARTER"),
}


@dataclass(frozen=True, slots=True)
class Ledger:
    """The nodes that must answer one question, and those of them that the charter bars from it."""

    required: tuple[Node, ...]
    barred: dict[str, tuple[query_pb2.Outcome.ValueType, str]]
    digest: str

    @property
    def askable(self) -> list[Node]:
        """The required nodes that can be asked."""
        return [node for node in self.required if node.name not in self.barred]


def ledger(charter: Charter, purpose: str) -> Ledger:
    """Return the ledger of a question of `purpose`; its digest names the required set in the log."""
    required = charter.required_nodes(purpose)
    barred = {}
    for node in required:
        entry = charter.installations.get(node.installation)
        state = entry.state if entry is not None else InstallationState.REMOVED
        if state in _BARRED:
            barred[str(node.name)] = _BARRED[state]
    digest = hashlib.sha256("\n".join(str(node.name) for node in required).encode()).hexdigest()
    return Ledger(required=required, barred=barred, digest=digest)
