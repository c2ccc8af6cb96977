"""Client for a node of the own member whose log went back: what it has lost, and the agency's acceptance."""

from __future__ import annotations

from datetime import datetime

from federation.client.connection import PAGE_DEADLINE_S
from federation.client.part import ClientPart
from federation.errors import OutOfOrder
from federation.statements.methods import ACCEPT_LOG
from federation.transport.status import understood
from federation.v1 import heads_pb2, heads_pb2_grpc
from federation.values.clock import stamp


class Logs(ClientPart):
    """The logs of the own member's nodes."""

    def status(self, node: str) -> heads_pb2.GetStandingResponse:
        """Return whether the log of this member's node went back, and which gateways know what."""
        with understood():
            return self._heads(node).GetStanding(heads_pb2.GetStandingRequest(), timeout=PAGE_DEADLINE_S)

    def accept_log(
        self, node: str, *, reason: str, entered_again: str, lost_since: datetime | None = None
    ) -> heads_pb2.LogAcceptance:
        """Accept the log of this member's node as it is now; return the statement, which its officer has signed.

        `lost_since` is when the lost entries begin: without it, after the last entry before the start that found the
        loss. While a gateway refuses the last acceptance, because its signer has left the charter, the same loss is
        accepted again by this installation. Raises `OutOfOrder` when there is nothing to accept.
        """
        answer = self.status(node)
        state = answer.went_back if answer.HasField("went_back") else answer.doubted
        lost, since = state.known, state.last_entry_at
        if not state.HasField("known") and any(each.acceptance_refused for each in answer.gateways):
            lost, since = (
                answer.given_up,
                answer.given_up_since,
            )  # signed again for a gateway that could not take it
        if not lost.size:
            raise OutOfOrder(f"the log of {node} has not gone back: there is nothing to accept")
        acceptance = heads_pb2.LogAcceptance(
            node=node,
            lost=lost,
            accepted=answer.now,
            reason=reason,
            entered_again=entered_again,
            lost_since=stamp(lost_since) if lost_since else since,
        )
        envelope = self._connection.statement(
            acceptance.SerializeToString(deterministic=True),
            method=ACCEPT_LOG,
            destination=str(self._connection.node(node).installation),
        )
        with understood():
            self._heads(node).AcceptLog(
                heads_pb2.AcceptLogRequest(envelope=envelope), timeout=PAGE_DEADLINE_S
            )
        return acceptance

    def _heads(self, node: str) -> heads_pb2_grpc.HeadServiceStub:
        target = self._connection.node(node)
        return heads_pb2_grpc.HeadServiceStub(self._to(target.installation, target.endpoint))
