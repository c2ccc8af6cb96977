"""Withhold records that another holder proposes to seal, from receipt until the facts or an officer settle it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.law import orders
from federation.law.orders import Event
from federation.law.sealing import Status
from federation.statements.seals import (
    ACKNOWLEDGEMENT,
    MOST_PER_PAGE,
    sign,
)
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.identity import NodeName
from node.register import hold_store
from node.register.acts import Register, parse_id
from node.register.holds import marks_of
from node.register.superseding import supersede
from node.sealing import gateway_hold_store, gateway_holds
from node.sealing.ordering import HELD, next_event, order_of
from node.sealing.proposals_read import ReadProposal, is_seal, read_proposal
from node.sealing.refitting import hold_fitting
from node.store import by_token
from server.journal.work import Work
from server.opening import Act

IN_FORCE = sealing_pb2.SEALING_STANCE_IN_FORCE
REFUSED = sealing_pb2.SEALING_STANCE_REFUSED
#: Why a node does not acknowledge a seal as in force: its own officers unsealed the record on a listed ground.
UNSEALED_HERE = "UNSEALED_HERE"
#: Why a node refuses more proposals made by one gateway alone: its officers first review the records withheld so.
TOO_MANY_HELD = "TOO_MANY_HELD"
#: A proposal by its proposer ("" for a gateway) and id: an id alone could be another's too, who chose it.
_Named = tuple[str, str]


class ProposalHolder:
    """Withholds open records that a proposal fits, now or when they are entered later; others stay as they are."""

    def __init__(
        self, *, register: Register, node: NodeName, charter: Callable[[], Charter], signer: Signer
    ) -> None:
        self._register = register
        self._node = node
        self._charter = charter
        self._signer = signer

    def hold(self, page: sealing_pb2.SealingProposalPage, act: Act) -> list[Envelope]:
        """Apply every proposal of the page; return the acknowledgements, in order.

        An invalid proposal is refused by itself, so that it does not stop those behind it. While questions are
        asked, a page is applied in pieces; a gateway that gets no reply delivers the whole page again.
        """
        if len(page.proposed) > MOST_PER_PAGE:
            raise InvalidRequest.of("proposed", "SIZE", f"a page holds at most {MOST_PER_PAGE}")
        acknowledgements: list[Envelope] = []
        moved = 0
        try:
            for piece in self._register.journal.giving_way.pieces(page.proposed, rests=False):
                changed, signed = self._hold(piece, act, first=not acknowledgements)
                moved += changed
                acknowledgements += signed
        finally:
            if moved:
                self._register.journal.scrub()
        return acknowledgements

    def _hold(
        self, proposed: Sequence[sealing_pb2.Proposed], act: Act, *, first: bool
    ) -> tuple[int, list[Envelope]]:
        """Apply a piece of a page; return how many records moved, and the acknowledgements.

        The first piece uses up the page's nonce.
        """
        at = self._register.now()
        charter = self._charter()
        read = [read_proposal(each, charter, at) for each in proposed]

        def command(work: Work) -> tuple[int, dict[_Named, str]]:
            if first:
                act.insist_first(work)
            held: list[str] = []
            for_gateway: list[str] = []
            unsealed: set[_Named] = set()
            released: list[str] = []
            refused: dict[_Named, str] = {}
            room = gateway_holds.room(work, str(act.installation), at)
            for together, items in groupby((i for i in read if not i.refused), key=is_seal):
                if together:
                    held += self._take(work, [item.proposal for item in items], act, at, unsealed)
                    continue
                for item in items:
                    if not item.by_gateway:
                        released += self._withdraw(work, item.proposal, act, at)
                    elif len(for_gateway) >= room:
                        refused[_named(item.proposal)] = TOO_MANY_HELD
                    else:
                        for_gateway += self._take_from_gateway(work, item.proposal, act, at)
            held += for_gateway
            refused |= dict.fromkeys(unsealed, UNSEALED_HERE)
            work.log.defer(
                EntryKind.PROPOSED,
                at=stamp(at),
                once=act.once if first else None,
                by=str(act.installation),
                proposals=len(read),
                refused=sum(bool(item.refused) for item in read) + len(refused),
                held=held,
                released=released,
            )
            return len(held) + len(released), refused

        changed, refused = self._register.journal.run(command, yields=True, scrubs=False).value
        return changed, [self._acknowledged(item, charter, at, refused) for item in read]

    def _take(
        self,
        work: Work,
        proposals: Sequence[sealing_pb2.SealingProposal],
        act: Act,
        at: datetime,
        unsealed: set[_Named],
    ) -> Iterator[str]:
        """Withhold every open record that nodes' proposals fit, and remember these for records entered later.

        Numbers that an officer has merged with the person's count too. If a proposal fits a record that was
        unsealed here, the proposal is added to `unsealed`.
        """
        in_force = hold_store.remember(
            work, [(each, marks_of(self._register.sealer, each)) for each in proposals], at
        )
        sealer, digests = self._register.sealer, (digest for each in in_force for digest in each.case_digests)
        self._register.disclosures.texts_closed(work, sealer.digest_tokens(digests), at)
        tokens = [
            self._register.links.expand(self._register.sealer.digest_tokens(p.person_digests))
            for p in in_force
        ]
        if not by_token.any_open(work.view, {token for its in tokens for token in its}):
            return
        for proposal, its in zip(in_force, tokens, strict=True):
            found = by_token.open_by_tokens(work.view, its)
            for record_id, held in hold_fitting(work, self._register, found, act, at, proposal=proposal):
                if held:
                    yield record_id.hex()
                else:
                    unsealed.add(_named(proposal))

    def _take_from_gateway(
        self, work: Work, proposal: sealing_pb2.SealingProposal, act: Act, at: datetime
    ) -> Iterator[str]:
        """Withhold the one open record that a gateway names, as all holders' facts together do not leave it open."""
        current = self._register.records.by_id(work.view, parse_id(proposal.record_id))
        if current is None or current.status is not Status.OPEN:
            return
        event = self._register.records.newest(work.view, current)
        if orders.after(orders.state_of(event.order), Event.DISAGREEMENT) is None:
            return  # this agency's officers unsealed it on a listed ground
        order = order_of(HELD, proposal.rule, record_pb2.Instrument(), act, at)
        order.proposal_id = proposal.proposal_id
        held = next_event(event, current, order, act, at, f"proposal {order.proposal_id}")
        supersede(
            work, self._register, current, held, act, kind=EntryKind.AMENDED, at=at, once=None, spreading=True
        )
        gateway_hold_store.note(work, current.record_id, str(act.installation), at)
        yield current.record_id.hex()

    def _withdraw(
        self, work: Work, proposal: sealing_pb2.SealingProposal, act: Act, at: datetime
    ) -> Iterator[str]:
        """Release records held on a withdrawn proposal: the rule and other holders' seals decide on them."""
        for record_id in hold_store.forget(work, proposal, at):
            current = self._register.records.by_id(work.view, record_id)
            if current is None:
                continue
            event = self._register.records.newest(work.view, current)
            order = event.order
            if (order.proposer, order.proposal_id) != (proposal.proposer, proposal.withdraws):
                continue
            if orders.after(orders.state_of(order), Event.WITHDRAWAL) is None:
                continue
            free = registry_pb2.SealingOrder()
            given = next_event(event, current, free, act, at, f"withdrawn: proposal {proposal.withdraws}")
            supersede(
                work,
                self._register,
                current,
                given,
                act,
                kind=EntryKind.AMENDED,
                at=at,
                once=None,
                spreading=True,
            )
            yield record_id.hex()

    def _acknowledged(
        self, item: ReadProposal, charter: Charter, at: datetime, refused_here: Mapping[_Named, str]
    ) -> Envelope:
        refused = item.refused or refused_here.get(_named(item.proposal), "")
        acknowledgement = sealing_pb2.SealingAcknowledgement(
            federation=charter.federation,
            proposal_id=item.proposal.proposal_id,
            proposer=item.proposal.proposer,
            node=self._node,
            installation=str(self._signer.installation),
            stance=REFUSED if refused else IN_FORCE,
            at=stamp(at),
            reason=refused,
        )
        return sign(ACKNOWLEDGEMENT, acknowledgement, self._signer)


def _named(proposal: sealing_pb2.SealingProposal) -> _Named:
    return proposal.proposer, proposal.proposal_id
