"""A node's signed acknowledgement of a sealing proposal, or its objection, on the way to the proposer."""

from __future__ import annotations

from dataclasses import dataclass

from federation.statements.seals import key_of
from federation.v1 import sealing_pb2
from federation.v1.envelope_pb2 import Envelope


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One node's signed acknowledgement of a proposal, or objection to it, for the installation that proposed it."""

    key: str
    node: str
    stance: int
    proposer: str
    envelope: Envelope

    @classmethod
    def of(cls, content: sealing_pb2.SealingAcknowledgement, envelope: Envelope) -> Acknowledgement:
        """Return the acknowledgement in `content`, which `envelope` signs and which was verified."""
        key = key_of(content.proposer, content.proposal_id)
        return cls(key, content.node, int(content.stance), content.proposer, envelope)
