"""Verify nodes' sealing proposals, however they arrive: handed over, listed, or added to a page of answers.

Additions to a page outside the signed answer are checked here before they are used. Each proposal carries its
node's own signature, so that no gateway can forge one; digests of persons are not stored.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from federation.charter.model import Charter, InstallationState
from federation.errors import Corrupt, HutongError, InvalidRequest
from federation.statements.seals import MOST_WITH_ANSWER, key_of, open_proposal
from federation.v1 import lookup_pb2, sealing_pb2
from federation.values.tokens import DIGEST_BYTES
from gateway.sealing.proposals import Addressed

#: Digests of persons with one answer: at most twenty candidates, with both sides of each merge.
MOST_DIGESTS = 1280
_MOST_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class VerifiedProposal:
    """A node's proposal with a valid signature, its addressees, and the persons and judgments it names."""

    key: str
    proposer: str
    proposed: sealing_pb2.Proposed
    nodes: tuple[str, ...]
    digests: tuple[bytes, ...]
    urgent: bool

    def addressed(self) -> list[Addressed]:
        """Return the proposal once for each node that it is addressed to."""
        return [Addressed(node, self.key, self.proposer, self.proposed, self.urgent) for node in self.nodes]


class ProposalVerifier:
    """Verifies proposals; a signature found valid under a charter is not verified again under the same charter."""

    def __init__(self, *, charter: Callable[[], Charter], now: Callable[[], datetime]) -> None:
        self._charter = charter
        self._now = now
        self._lock = threading.Lock()
        self._held: OrderedDict[bytes, None] = OrderedDict()

    def proposals(
        self, page: Iterable[sealing_pb2.Proposed], proposer: str, *, strict: bool
    ) -> list[VerifiedProposal]:
        """Return the proposals of installation `proposer`.

        With `strict`, the charter in force here must know every node that they are addressed to: the proposer relies on
        our reply that they will be delivered. Raises `InvalidRequest`, `BadEnvelope`, `PermissionDenied` or `Corrupt`
        when one of them is invalid.
        """
        charter, now = self._charter(), self._now()
        open_nodes = awaiting(charter)
        return [self._read(each, proposer, charter, now, open_nodes, strict) for each in page]

    def with_answer(
        self, paged: lookup_pb2.PagedAnswer, proposer: str
    ) -> tuple[list[VerifiedProposal], frozenset[bytes]]:
        """Return the proposals and the digests of persons that a node added to its answer.

        Raises `Corrupt` when they exceed a limit or are invalid: the node then counts as not having answered.
        """
        if not paged.spreading and not paged.person_digests:
            return [], frozenset()
        if len(paged.spreading) > MOST_WITH_ANSWER or len(paged.person_digests) > MOST_DIGESTS:
            raise _malformed("more than an answer can need")
        if any(len(digest) != DIGEST_BYTES for digest in paged.person_digests):
            raise _malformed("a digest that is no SHA-256")
        try:
            return self.proposals(paged.spreading, proposer, strict=False), frozenset(paged.person_digests)
        except HutongError as error:
            raise _malformed(f"a proposal that does not hold ({error.reason})") from None

    def _read(
        self,
        proposed: sealing_pb2.Proposed,
        proposer: str,
        charter: Charter,
        now: datetime,
        open_nodes: Sequence[str],
        strict: bool,
    ) -> VerifiedProposal:
        if proposed.WhichOneof("by") != "node":
            raise InvalidRequest.of("proposed", "R45", "a node sends proposals that it has signed itself")
        proposal = self._opened(proposed, charter, now)
        if proposal.proposer != proposer:
            raise InvalidRequest.of("proposed.proposer", "R45", "a node sends its own proposals only")
        return VerifiedProposal(
            key_of(proposal.proposer, proposal.proposal_id),
            proposer,
            sealing_pb2.Proposed(node=proposed.node),
            _nodes(proposed.awaited, charter, open_nodes, strict),
            () if proposal.withdraws else (*proposal.person_digests, *proposal.case_digests),
            proposed.urgent or bool(proposal.withdraws),
        )

    def _opened(
        self, proposed: sealing_pb2.Proposed, charter: Charter, now: datetime
    ) -> sealing_pb2.SealingProposal:
        name = hashlib.sha256(
            charter.digest.encode() + proposed.node.SerializeToString(deterministic=True)
        ).digest()
        with self._lock:
            held = name in self._held
        if held:
            return sealing_pb2.SealingProposal.FromString(proposed.node.payload)
        proposal = open_proposal(proposed.node, charter, now=now)
        with self._lock:
            self._held[name] = None
            if len(self._held) > _MOST_REMEMBERED:
                self._held.popitem(last=False)
        return proposal


def awaiting(charter: Charter) -> tuple[str, ...]:
    """Return the nodes that a seal must reach: all that are not removed, including suspended ones."""
    return tuple(
        str(node.name)
        for node in charter.nodes
        if (entry := charter.installations.get(node.installation))
        and entry.state is not InstallationState.REMOVED
    )


def _nodes(
    awaited: Sequence[str], charter: Charter, open_nodes: Sequence[str], strict: bool
) -> tuple[str, ...]:
    if not awaited:
        return tuple(open_nodes)
    wanted = set(awaited)
    unknown = wanted - {str(node.name) for node in charter.nodes}
    if unknown and strict:
        raise InvalidRequest.of(
            "proposed.awaited",
            "R45",
            f"charter {charter.version} has no node {min(unknown)[:64]!r}: send it again under the newer charter",
        )
    return tuple(name for name in open_nodes if name in wanted)


def _malformed(what: str) -> Corrupt:
    return Corrupt(f"a node adds to its answer {what}", reason="MALFORMED_ANSWER")
