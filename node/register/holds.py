"""Withhold records that another holder has sealed (R45): its seal, whether it fits a record, and the order.

Every record that is entered or changed is compared with other holders' seals, in the same transaction;
`hold_store` keeps these seals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from federation.v1 import registry_pb2, sealing_pb2
from federation.values.clock import stamp
from node.store.rows import JudgmentMarks, Sealer


@dataclass(frozen=True, slots=True)
class Watched:
    """Another holder's current proposal."""

    key: str
    proposal_id: str
    proposer: str
    rule: str


def marks_of(sealer: Sealer, proposal: sealing_pb2.SealingProposal) -> JudgmentMarks:
    """Return the marks of a proposal, to compare with those of records."""
    return sealer.judgment_marks(proposal.judgment_digests, proposal.final_digests, proposal.case_digests)


def fits(sealer: Sealer, proposal: sealing_pb2.SealingProposal, marks: JudgmentMarks) -> bool:
    """Return whether this one proposal fits a record's marks, as `hold_store.fitting` does for all proposals."""
    named = marks_of(sealer, proposal)
    if set(named.numbers) & set(marks.numbers):
        return True
    return bool(set(named.finals) & set(marks.finals)) and not (proposal.judgment_digests and marks.numbers)


def held_by(watched: Watched, officer: str, at: datetime) -> registry_pb2.SealingOrder:
    """Return the order by which a record is withheld on another holder's proposal."""
    return registry_pb2.SealingOrder(
        kind=registry_pb2.SEALING_ORDER_KIND_HELD,
        because=watched.rule,
        ordered_by=officer,
        ordered_at=stamp(at),
        proposal_id=watched.proposal_id,
        proposer=watched.proposer,
    )
