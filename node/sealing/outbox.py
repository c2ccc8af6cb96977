"""Make proposals for records sealed here, withdrawals for those unsealed, and pages of both for each gateway.

The transaction that changes a record's sealing notes it in `sealing_spread`. Here each note becomes a proposal, or
the withdrawal of one, that is stored before anything is sent.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from federation.charter.envelope import Signer
from federation.charter.model import Charter, InstallationState
from federation.law.sealing import Status
from federation.record.apart import closed_cases, with_its_reasons
from federation.statements.seals import (
    ACKNOWLEDGEMENT,
    MOST_CASES,
    MOST_DIGESTS,
    MOST_PER_PAGE,
    PROPOSAL,
    key_of,
    sign,
)
from federation.v1 import registry_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.identity import Installation, NodeName
from federation.values.tokens import case_digest, judgment_digests, person_digests
from node.sealing import change_store, objection_store, proposal_store, spreading_store
from node.sealing.change_store import SealChange
from node.sealing.proposal_store import OwnProposalStore, Proposal, SpreadingProposal
from node.store import by_token
from node.store.reading import Reader, StoredRecord
from node.store.rows import Sealer
from server.journal.journal import Journal
from server.journal.work import View, Work

RULE = "SEALED-BY-A-HOLDER"
#: Most proposals made in one transaction; the second limit applies while questions wait, also to a gateway's page.
MOST_MADE, MOST_DURING_QUESTIONS = 256, 64
#: Seconds between two pages while questions wait: a page with one seal costs about as much as one with many.
LEAST_REST_S = 0.5


@dataclass(slots=True)
class ProposalPage:
    """Proposals that one gateway has yet to take, and their rows (key, whether it is a withdrawal)."""

    rows: list[tuple[str, bool]] = field(default_factory=list)
    proposed: list[sealing_pb2.Proposed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Objections:
    """Signed objections of this agency, and the rows they were made from."""

    rows: Sequence[tuple[bytes, int]]
    envelopes: Sequence[Envelope]


def addressees(charter: Charter) -> tuple[list[str], list[str]]:
    """Return the nodes (by name) and gateways (by installation) that a seal must reach: all but removed ones."""

    def there(installation: Installation) -> bool:
        entry = charter.installations.get(installation)
        return entry is None or entry.state is not InstallationState.REMOVED

    return (
        [str(node.name) for node in charter.nodes if there(node.installation)],
        [str(gateway.installation) for gateway in charter.gateways if there(gateway.installation)],
    )


class ProposalOutbox:
    """Turns changes into proposals and withdrawals, and lists those that a gateway has yet to take."""

    def __init__(
        self,
        *,
        journal: Journal,
        sealer: Sealer,
        sealed_reader: Reader,
        signer: Signer,
        node: NodeName,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._sealer = sealer
        self._proposals = OwnProposalStore(vault=sealer.proposal_vault)
        self._reader = sealed_reader
        self._signer = signer
        self._me = str(signer.installation)
        self._node = node
        self._charter = charter
        self._now = now
        # One thread at a time reads records and stores their proposals: an unsealing in between would be lost.
        self._making = threading.Lock()

    def make(self, record_ids: Collection[bytes] | None = None) -> bool:
        """Make proposals and withdrawals for changed records, urgent ones first; return False when none waits.

        With `record_ids`, for these records alone: a question about them must not be answered before their
        proposals are made.
        """
        nodes, gateways = addressees(self._charter())
        with self._making:
            with self._journal.reading() as view:
                changes = (
                    change_store.first(view, self._most(MOST_MADE))
                    if record_ids is None
                    else change_store.of_records(view, record_ids)
                )
            if not changes:
                return False
            made = self._made(changes)
            reopened = {change.record_id for change in changes} - {p.record_id for p in made}

            def command(work: Work) -> None:
                proposal_store.keep(work, made, nodes=nodes, gateways=gateways)
                for record_id in reopened:
                    if by_token.is_open(work.view, record_id):
                        proposal_store.withdraw(work, record_id, gateways)
                change_store.done(work, changes)

            self._journal.run(command, yields=record_ids is None)
        return True

    def turn(self) -> AbstractContextManager[None]:
        """Do one page of work inside the context, which ends with a rest while questions are asked."""
        return self._journal.giving_way.turn(LEAST_REST_S)

    def page_for(self, gateway: str) -> ProposalPage:
        """Return a page of the proposals and withdrawals that `gateway` has yet to take, urgent ones first."""
        page = ProposalPage()
        with self._journal.reading() as view:
            pending = self._proposals.pending(view, gateway, self._most(MOST_PER_PAGE))
            issued = self._issue(view, [each.spreading for each in pending if each.spreading is not None])
        for each in pending:
            page.rows.append((each.key, each.withdraws))
            if each.withdraws:
                withdrawal = self._withdrawal(each.proposal_id)
                page.proposed.append(sealing_pb2.Proposed(node=withdrawal, urgent=True))
            elif each.key in issued:
                page.proposed.append(issued[each.key])
        return page

    def taken(self, gateway: str, page: ProposalPage) -> None:
        """Note that `gateway` has the page durably."""
        self._journal.run(lambda work: spreading_store.taken(work, gateway, page.rows), yields=True)

    def issued(self, view: View, keys: Sequence[str]) -> list[sealing_pb2.Proposed]:
        """Return the spreading proposals among `keys`, each signed, with the nodes that have yet to acknowledge it."""
        return list(self._issue(view, self._proposals.spreading(view, keys)).values())

    def objections(self, federation: str) -> Objections:
        """Return a page of this agency's objections to seals of others."""
        with self._journal.reading() as view:
            rows = objection_store.first(view, MOST_PER_PAGE)
        stored = [self._reader.show(record_id) for record_id, _ in rows]
        orders = [s.event.order for s in stored if s is not None and s.event.order.objected_by]
        return Objections(rows, [self._objection(order, federation) for order in orders])

    def objected(self, rows: Collection[tuple[bytes, int]]) -> None:
        """Remove objections (record, version) that every gateway has durably."""
        self._journal.run(lambda work: objection_store.done(work, rows), yields=True)

    def _most(self, most: int) -> int:
        return MOST_DURING_QUESTIONS if self._journal.giving_way.pressed else most

    def _issue(self, view: View, spreading: Sequence[SpreadingProposal]) -> dict[str, sealing_pb2.Proposed]:
        nodes = spreading_store.awaited(view, [each.key for each in spreading]) if spreading else {}
        return {
            each.key: sealing_pb2.Proposed(
                node=sign(PROPOSAL, each.proposal, self._signer),
                awaited=nodes.get(each.key, ()),
                urgent=each.urgent,
            )
            for each in spreading
        }

    def _made(self, changes: Sequence[SealChange]) -> list[Proposal]:
        """Return the proposals for those records that are sealed now and name somebody."""
        ids = [change.record_id for change in changes]
        with self._journal.reading() as view:
            before = proposal_store.in_force(view, *ids)
        names = {(p.record_id, p.content): (p.proposal_id, p.proposed_at) for p in reversed(before)}
        shown = self._reader.shown(ids)
        made = (self._proposal(change, shown.get(change.record_id), names) for change in changes)
        return [proposal for proposal in made if proposal is not None]

    def _proposal(
        self,
        change: SealChange,
        stored: StoredRecord | None,
        names: Mapping[tuple[bytes, bytes], tuple[str, str]],
    ) -> Proposal | None:
        """Return the proposal for a record that is sealed now; None when it is not, or names nobody.

        `names` has id and time of the proposals in force, by record and content: a repetition keeps both.
        """
        if stored is None or stored.status is not Status.SEALED:
            return None
        record = stored.event.record
        # Numbers come first, then names with birth dates; no person has more than may be named.
        persons = list(person_digests(record.person))[:MOST_DIGESTS]
        numbers, finals = (digests[:MOST_DIGESTS] for digests in judgment_digests(record))
        if not persons or not (numbers or finals):
            return None
        # The own judgment comes first; texts in the others may name this offender as well, who was tried apart.
        cases = closed_cases(with_its_reasons(stored.event))[:MOST_CASES]
        # Without the own judgment alone: proposals of an earlier program keep their ids.
        others = [case for case in cases if case != case_digest(record)]
        content = self._sealer.proposal_content([*persons, *numbers, *finals, *others])
        proposal_id, proposed_at = names.get((stored.record_id, content)) or self._name(
            stored, content, {its for its, _ in names.values()}
        )
        key = key_of(self._me, proposal_id)
        body = sealing_pb2.SealingProposal(
            proposal_id=proposal_id,
            rule=RULE,
            person_digests=persons,
            judgment_digests=numbers,
            final_digests=finals,
            case_digests=cases,
            proposer=self._me,
            proposed_at=proposed_at,
        )
        return Proposal(
            key=key,
            proposal_id=proposal_id,
            record_id=stored.record_id,
            content=content,
            proposed_at=proposed_at,
            body=self._proposals.lock(key, body),
            tokens=tuple(dict.fromkeys(self._sealer.digest_tokens([*persons, *cases]))),
            urgent=change.urgent,
            again=change.again,
        )

    def _name(self, stored: StoredRecord, content: bytes, taken: Collection[str]) -> tuple[str, str]:
        """Return a new id and the time; an id of the same version that is `taken` stands for what was proposed then.

        Nodes may have acknowledged that, and say so any time: it must not count for more than they were given.
        """
        version = f"2/{self._me}/{stored.record_id.hex()}/{stored.event.version}"
        ids = (
            hashlib.sha256(name.encode()).hexdigest()[:32] for name in (version, f"{version}/{content.hex()}")
        )
        return next(each for each in ids if each not in taken), stamp(self._now())

    def _withdrawal(self, proposal_id: str) -> Envelope:
        name = hashlib.sha256(f"withdrawal/{proposal_id}".encode()).hexdigest()[:32]
        proposal = sealing_pb2.SealingProposal(
            proposal_id=name,
            rule=RULE,
            withdraws=proposal_id,
            proposer=self._me,
            proposed_at=stamp(self._now()),
        )
        return sign(PROPOSAL, proposal, self._signer)

    def _objection(self, order: registry_pb2.SealingOrder, federation: str) -> Envelope:
        body = sealing_pb2.SealingAcknowledgement(
            federation=federation,
            proposal_id=order.proposal_id,
            proposer=order.proposer,
            node=self._node,
            installation=self._me,
            stance=sealing_pb2.SEALING_STANCE_OBJECTED,
            at=order.objected_at,
            reason=order.objected_because,
            officer=order.objected_by,
        )
        return sign(ACKNOWLEDGEMENT, body, self._signer)
