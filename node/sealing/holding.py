"""Hold what other holders' facts speak for sealing: withheld from receipt, until facts or people settle it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from federation.charter.model import Charter
from federation.clock import stamp
from federation.envelope import Signer
from federation.errors import HutongError, InvalidRequest
from federation.evidence.entry import EntryKind
from federation.identity import NodeName
from federation.sealing import Status
from federation.seals import ACKNOWLEDGEMENT, MOST_PER_PAGE, open_proposal, sign
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from journal.writer import Work
from node.registry.acts import Act, Desk, insist_first, newest_event, parse_id
from node.registry.superseding import supersede
from node.sealing import watching
from node.sealing.ordering import HELD, next_event, order_of
from node.sealing.watching import Watched
from node.store import records

IN_FORCE = sealing_pb2.SEALING_STANCE_IN_FORCE
REFUSED = sealing_pb2.SEALING_STANCE_REFUSED
#: Why a node does not say "in force here": its own people unsealed the record on a listed ground.
UNSEALED_HERE = "UNSEALED_HERE"


@dataclass(frozen=True, slots=True)
class _Read:
    """One proposal of a page; `refused` says why it does not hold."""

    proposal: sealing_pb2.SealingProposal
    refused: str = ""


class Holding:
    """Withholds what proposals fit, now and whenever it is entered; what is not open needs nothing."""

    def __init__(self, *, desk: Desk, node: NodeName, charter: Callable[[], Charter], signer: Signer) -> None:
        self._desk = desk
        self._node = node
        self._charter = charter
        self._signer = signer

    def hold(self, page: sealing_pb2.SealingProposalPage, act: Act) -> list[Envelope]:
        """Let every proposal of the page take effect in one transaction; return the acknowledgements, in order.

        A proposal that does not hold is refused by itself: it must not stop those behind it.
        """
        if len(page.proposed) > MOST_PER_PAGE:
            raise InvalidRequest.of("proposed", "SIZE", f"a page holds at most {MOST_PER_PAGE}")
        at = self._desk.now()
        charter = self._charter()
        read = [_read(proposed, charter, at) for proposed in page.proposed]

        def command(work: Work) -> tuple[int, set[str]]:
            insist_first(work, act)
            held: list[str] = []
            unsealed: set[str] = set()
            released: list[str] = []
            for item in read:
                if item.refused:
                    continue
                if item.proposal.withdraws:
                    released += self._withdraw(work, item.proposal, act, at)
                else:
                    held += self._take(work, item.proposal, act, at, unsealed)
            work.log.append(
                EntryKind.PROPOSED,
                at=stamp(at),
                once=act.once,
                by=str(act.installation),
                proposals=len(read),
                refused=sum(bool(item.refused) for item in read),
                held=held,
                released=released,
            )
            return len(held) + len(released), unsealed

        changed, unsealed = self._desk.journal.run(command).value
        if changed:
            self._desk.version.confirm(changed)
            self._desk.journal.scrub()
        return [self._acknowledged(item, charter, at, unsealed) for item in read]

    def _take(
        self,
        work: Work,
        proposal: sealing_pb2.SealingProposal,
        act: Act,
        at: datetime,
        unsealed: set[str],
    ) -> Iterator[str]:
        """Withhold every open record that the proposal fits; a node's is remembered for those yet to come.

        A proposal that fits what was unsealed here is added to `unsealed`, by its id.
        """
        if proposal.record_id:
            standing = records.by_id(work.connection, parse_id(proposal.record_id))
            if standing is not None and standing.status is Status.OPEN:
                event = newest_event(work, self._desk, standing)
                order = order_of(HELD, proposal.rule, record_pb2.Instrument(), act, at)
                order.proposal_id = proposal.proposal_id
                yield from self._hold(work, standing, event, order, act, at)
            return
        if not watching.remember(work.connection, self._desk.sealer, proposal, at):
            return
        tokens = self._desk.sealer.digest_tokens(proposal.person_digests)
        for standing in records.open_by_tokens(work.connection, tokens):
            event = newest_event(work, self._desk, standing)
            marks = self._desk.sealer.marks(event.record)
            [watched] = watching.fitting(work.connection, [(standing.record_id, marks)])
            was_unsealed = event.order.kind == registry_pb2.SEALING_ORDER_KIND_UNSEALED
            if was_unsealed and watching.fits(self._desk.sealer, proposal, marks):
                unsealed.add(proposal.proposal_id)
            if watched is not None:
                order = watching.held_by(watched, act.officer, at)
                yield from self._hold(work, standing, event, order, act, at, watched)

    def _hold(
        self,
        work: Work,
        standing: records.Standing,
        event: registry_pb2.RecordEvent,
        order: registry_pb2.SealingOrder,
        act: Act,
        at: datetime,
        watched: Watched | None = None,
    ) -> Iterator[str]:
        if event.order.kind == registry_pb2.SEALING_ORDER_KIND_UNSEALED:
            return  # its own people have decided on a listed ground
        held = next_event(event, standing, order, act, at, f"proposal {order.proposal_id}")
        supersede(work, self._desk, standing, held, act, kind=EntryKind.AMENDED, at=at, once=None)
        if watched is not None:
            watching.note_holds(work.connection, [(standing.record_id, watched)])
        yield standing.record_id.hex()

    def _withdraw(
        self, work: Work, proposal: sealing_pb2.SealingProposal, act: Act, at: datetime
    ) -> Iterator[str]:
        """Give back what was held on a proposal that its proposer withdraws: the rule and other holders decide."""
        for record_id in watching.forget(work.connection, proposal, at):
            standing = records.by_id(work.connection, record_id)
            if standing is None:
                continue
            event = newest_event(work, self._desk, standing)
            order = event.order
            if (order.proposer, order.proposal_id) != (proposal.proposer, proposal.withdraws):
                continue
            free = registry_pb2.SealingOrder()
            given = next_event(event, standing, free, act, at, f"withdrawn: proposal {proposal.withdraws}")
            supersede(work, self._desk, standing, given, act, kind=EntryKind.AMENDED, at=at, once=None)
            yield record_id.hex()

    def _acknowledged(self, item: _Read, charter: Charter, at: datetime, unsealed: set[str]) -> Envelope:
        refused = item.refused or (UNSEALED_HERE if item.proposal.proposal_id in unsealed else "")
        said = sealing_pb2.SealingAcknowledgement(
            federation=charter.federation,
            proposal_id=item.proposal.proposal_id,
            proposer=item.proposal.proposer,
            node=self._node,
            installation=str(self._signer.installation),
            stance=REFUSED if refused else IN_FORCE,
            at=stamp(at),
            reason=refused,
        )
        return sign(ACKNOWLEDGEMENT, said, self._signer)


def _read(proposed: sealing_pb2.Proposed, charter: Charter, now: datetime) -> _Read:
    if proposed.WhichOneof("by") != "node":
        return _Read(proposed.gateway)
    try:
        return _Read(open_proposal(proposed.node, charter, now=now))
    except HutongError as error:
        try:
            said = sealing_pb2.SealingProposal.FromString(proposed.node.payload)
        except Exception:  # not even a message: there is no name to answer to
            said = sealing_pb2.SealingProposal()
        return _Read(said, refused=error.reason)
