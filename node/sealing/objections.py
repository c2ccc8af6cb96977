"""Other holders' objections to seals made here, as long as they wait: until the record has another version."""

from __future__ import annotations

from federation.errors import NotFound
from federation.v1 import registry_pb2, sealing_pb2
from node.register.acts import Register
from node.sealing import proposal_store
from node.sealing.acknowledgement_store import ReceivedAcknowledgement, ReceivedAcknowledgementStore
from server.journal.work import View

OBJECTED = sealing_pb2.SEALING_STANCE_OBJECTED


class WaitingObjections:
    """Reads the objections among other nodes' answers to the proposals of this node."""

    def __init__(self, *, register: Register) -> None:
        self._answers = ReceivedAcknowledgementStore(vault=register.sealer.acknowledgement_vault)

    def waiting(
        self, view: View, record_id: bytes, event: registry_pb2.RecordEvent
    ) -> list[ReceivedAcknowledgement]:
        """Return the objections to the seal of a record that came after its newest version, `event`."""
        return [
            answer
            for proposal in proposal_store.in_force(view, record_id)
            for answer in self._answers.of(view, proposal.key)
            if answer.body.stance == OBJECTED and answer.received_at > event.provenance.entered_at
        ]

    def insist(self, view: View, record_id: bytes, event: registry_pb2.RecordEvent) -> None:
        """Raise `NotFound` unless an objection to the seal of a record waits."""
        if not self.waiting(view, record_id, event):
            raise NotFound(
                "no objection to a seal of that record waits here (`hutong node withheld`); "
                "to seal a record is `hutong node sealing seal`"
            )
