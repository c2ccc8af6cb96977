"""Sealing proposals on their way through this gateway, and the interface of a store of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from federation.answers.withheld import Withheld
from federation.statements.seals import key_of
from federation.v1 import sealing_pb2
from gateway.prepared import Prepared
from server.journal.work import View, Work


@dataclass(frozen=True, slots=True)
class Addressed:
    """A proposal for one node; `proposer` is the installation that makes it, or empty for this gateway."""

    node: str
    key: str
    proposer: str
    proposed: sealing_pb2.Proposed
    urgent: bool = False


def proposal_of(withheld: Withheld) -> Addressed:
    """Return the proposal to a withheld record's holder: once for each version, and again if facts still disagree."""
    which = f"{withheld.node}/{withheld.record_id}/{withheld.version}"
    name = hashlib.sha256(which.encode()).hexdigest()[:32]
    proposal = sealing_pb2.SealingProposal(proposal_id=name, rule=withheld.rule, record_id=withheld.record_id)
    proposed = sealing_pb2.Proposed(gateway=proposal)
    return Addressed(withheld.node, key_of("", name), "", proposed, urgent=True)


class Proposals(Protocol):
    """Keeps each proposal for each of its nodes, encrypted, until that node has acknowledged it.

    Reading raises `Corrupt` when a row cannot be decrypted with this gateway's key.
    """

    def prepared(self, addressed: Iterable[Addressed]) -> Sequence[Prepared[Addressed]]:
        """Return proposals encrypted, for `add` and `propose`: to be made before the transaction."""
        ...

    def propose(self, work: Work, prepared: Sequence[Prepared[Addressed]]) -> None:
        """Keep a node's proposals for the nodes they are addressed to; a proposal made again is sent again."""
        ...

    def add(self, work: Work, prepared: Sequence[Prepared[Addressed]]) -> None:
        """Keep the proposals that are not kept yet; those that are stay unchanged."""
        ...

    def waiting(self, view: View, node: str, most: int) -> Sequence[Addressed]:
        """Return at most `most` proposals that wait for `node`, urgent ones first."""
        ...

    def waiting_of(self, view: View, node: str, keys: Collection[str]) -> Sequence[Addressed]:
        """Return those of `keys` that wait for `node`."""
        ...

    def acknowledged(self, work: Work, node: str, keys: Collection[str]) -> None:
        """Mark proposals that `node` has acknowledged and erase their content, to keep no list of sealed persons."""
        ...

    def unmarked(self, view: View, most: int) -> Sequence[Addressed]:
        """Return waiting proposals whose marks have yet to be made, at most `most`."""
        ...


class ProposalStates(Protocol):
    """Reads and marks the states of proposals, by their keys; reads no content."""

    def known(self, view: View, keys: Collection[str]) -> frozenset[str]:
        """Return those of `keys` that are kept for any node, acknowledged or not."""
        ...

    def acknowledgements(self, view: View, keys: Collection[str]) -> Mapping[tuple[str, str], bool]:
        """Return for each kept proposal of `keys`, by (node, key), whether it is acknowledged."""
        ...

    def wait_still(self, view: View, keys: Collection[str]) -> frozenset[str]:
        """Return those of `keys` that wait for any node."""
        ...

    def carried(self, view: View, node: str, key: str) -> bool:
        """Say whether this gateway carried that proposal to `node`."""
        ...

    def marked(self, work: Work, keys: Collection[str]) -> None:
        """Remember that the marks of `keys` have been made."""
        ...
