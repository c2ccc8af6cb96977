"""Proposals of a page as they are read: a node's own, or a gateway's, each valid or refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from federation.charter.model import Charter
from federation.errors import HutongError
from federation.statements.seals import gateway_violations, is_proposal_id, open_proposal
from federation.v1 import sealing_pb2


@dataclass(frozen=True, slots=True)
class ReadProposal:
    """One proposal of a page; `refused` is the reason when it is invalid."""

    proposal: sealing_pb2.SealingProposal
    refused: str = ""
    by_gateway: bool = False


def is_seal(item: ReadProposal) -> bool:
    """Return whether it is a node's proposal to withhold: consecutive ones are looked up together."""
    return not item.by_gateway and not item.proposal.withdraws


def read_proposal(proposed: sealing_pb2.Proposed, charter: Charter, now: datetime) -> ReadProposal:
    """Return a proposal as it was handed over; an invalid one has the reason of its refusal."""
    if proposed.WhichOneof("by") != "node":
        return _from_gateway(proposed.gateway)
    try:
        return ReadProposal(open_proposal(proposed.node, charter, now=now))
    except HutongError as error:
        try:
            claimed = sealing_pb2.SealingProposal.FromString(proposed.node.payload)
        except Exception:  # not even a message: there is no proposal id to answer
            claimed = sealing_pb2.SealingProposal()
        return ReadProposal(claimed, refused=error.reason)


def _from_gateway(proposal: sealing_pb2.SealingProposal) -> ReadProposal:
    """Return a gateway's own proposal: it may name one record and a rule, and claim nothing else.

    It does not act for a node: it withdraws nothing, names no person, and has no proposer.
    """
    violations = list(gateway_violations(proposal))
    allowed = sealing_pb2.SealingProposal(
        proposal_id=proposal.proposal_id, rule=proposal.rule, record_id=proposal.record_id
    )
    if violations:
        named = allowed if is_proposal_id(proposal.proposal_id) else sealing_pb2.SealingProposal()
        return ReadProposal(named, refused="INVALID_PROPOSAL", by_gateway=True)
    return ReadProposal(allowed, by_gateway=True)
