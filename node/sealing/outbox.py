"""Make proposals and withdrawals of what was sealed and unsealed here, and pages of them for each gateway.

What changed stands in `sealing_spread` from the transaction that changed it; here it becomes a proposal, or the
withdrawal of one, that is kept before anything is sent.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, or_, select, true

from federation.charter.model import Charter, State
from federation.clock import stamp
from federation.envelope import Signer
from federation.identity import NodeName
from federation.sealing import Status
from federation.seals import ACKNOWLEDGEMENT, MOST_DIGESTS, MOST_PER_PAGE, PROPOSAL, key_of, sign
from federation.tokens import judgment_digests, person_digests
from federation.v1 import registry_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from journal.journal import Journal
from journal.writer import Work
from node.sealing import proposed
from node.sealing.proposed import Proposal
from node.store import records
from node.store.reading import Reader, Stored
from node.store.rows import Sealer
from node.store.schema import (
    sealing_awaited,
    sealing_objection,
    sealing_pending,
    sealing_proposed,
    sealing_spread,
)

RULE = "SEALED-BY-A-HOLDER"
#: Records of which proposals are made in one transaction.
MOST_MADE = 64


@dataclass(slots=True)
class Page:
    """What one gateway has yet to take, and the rows that say so (key, whether it is a withdrawal)."""

    rows: list[tuple[str, bool]] = field(default_factory=list)
    proposed: list[sealing_pb2.Proposed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Objections:
    """Signed objections of this agency, and the rows they were made from."""

    rows: Sequence[tuple[bytes, int]]
    envelopes: Sequence[Envelope]


def addressees(charter: Charter) -> tuple[list[str], list[str]]:
    """Return the nodes (by name) and gateways (by installation) that a seal must reach: all but removed ones."""

    def there(installation: object) -> bool:
        entry = charter.installations.get(installation)  # type: ignore[call-overload]
        return entry is None or entry.state is not State.REMOVED

    return (
        [str(node.name) for node in charter.nodes if there(node.installation)],
        [str(gateway.installation) for gateway in charter.gateways if there(gateway.installation)],
    )


class Outbox:
    """Turns changes into proposals and withdrawals, and gives out what a gateway has yet to take."""

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
        self._reader = sealed_reader
        self._signer = signer
        self._me = str(signer.installation)
        self._node = node
        self._charter = charter
        self._now = now
        # A record is read and its proposal kept by one thread at a time: an unsealing between would be lost.
        self._making = threading.Lock()

    def make(self, record_ids: Collection[bytes] | None = None) -> bool:
        """Make proposals and withdrawals of what changed, urgent ones first; False when nothing waits.

        With `record_ids`, of these records alone: a question about them must not pass before their proposals.
        """
        nodes, gateways = addressees(self._charter())
        spread = sealing_spread
        wanted = true() if record_ids is None else spread.c.record_id.in_(list(record_ids))
        query = select(spread).where(wanted).order_by(spread.c.urgent.desc()).limit(MOST_MADE)
        with self._making:
            with self._journal.engine.connect() as connection:
                rows = connection.execute(query if record_ids is None else query.limit(None)).all()
            if not rows:
                return False
            made = [proposal for row in rows if (proposal := self._proposal(row)) is not None]
            reopened = {bytes(row.record_id) for row in rows} - {p.record_id for p in made}

            def command(work: Work) -> None:
                for proposal in made:
                    proposed.keep(work.connection, proposal, nodes=nodes, gateways=gateways)
                for record_id in reopened:
                    if records.is_open(work.connection, record_id):
                        proposed.withdraw(work.connection, record_id, gateways)
                _take_out(work.connection, rows)

            self._journal.run(command, yields=record_ids is None)
        return True

    def page_for(self, gateway: str) -> Page:
        """Return what `gateway` has yet to take, urgent first."""
        pending, page = sealing_pending, Page()
        query = (
            select(pending.c.key, pending.c.withdraws, pending.c.urgent, sealing_proposed)
            .join(sealing_proposed, sealing_proposed.c.key == pending.c.key)
            .where(pending.c.gateway == gateway)
            .order_by(pending.c.urgent.desc())
            .limit(MOST_PER_PAGE)
        )
        with self._journal.engine.connect() as connection:
            for row in connection.execute(query).all():
                page.rows.append((row.key, bool(row.withdraws)))
                if row.withdraws:
                    withdrawal = self._withdrawal(str(row.proposal_id))
                    page.proposed.append(sealing_pb2.Proposed(node=withdrawal, urgent=True))
                elif row.body is not None:
                    page.proposed.append(self.issue(connection, row))
        return page

    def taken(self, gateway: str, page: Page) -> None:
        """Note that `gateway` has the page durably."""
        self._journal.run(lambda work: proposed.taken(work.connection, gateway, page.rows), yields=True)

    def issue(self, connection: Connection, row: Row[tuple[object, ...]]) -> sealing_pb2.Proposed:
        """Return a kept proposal (a row of `sealing_proposed` with its content) signed, with whom it awaits."""
        body = self._sealer.proposal_vault.unwrap(bytes(row.body), row.key.encode())
        awaited = select(sealing_awaited.c.node).where(sealing_awaited.c.key == row.key)
        return sealing_pb2.Proposed(
            node=sign(PROPOSAL, sealing_pb2.SealingProposal.FromString(body), self._signer),
            awaited=list(connection.execute(awaited).scalars()),
            urgent=bool(row.urgent),
        )

    def objections(self, federation: str) -> Objections:
        """Return a page of this agency's objections to seals of others."""
        with self._journal.engine.connect() as connection:
            rows = connection.execute(select(sealing_objection).limit(MOST_PER_PAGE)).all()
        stored = [self._reader.show(bytes(row.record_id)) for row in rows]
        orders = [s.event.order for s in stored if s is not None and s.event.order.objected_by]
        return Objections(
            [(bytes(row.record_id), row.version) for row in rows],
            [self._objection(order, federation) for order in orders],
        )

    def objected(self, rows: Collection[tuple[bytes, int]]) -> None:
        """Take out objections (record, version) that every gateway has durably."""
        table = sealing_objection
        mine = or_(*(and_(table.c.record_id == id, table.c.version == version) for id, version in rows))
        self._journal.run(lambda work: work.connection.execute(delete(table).where(mine)), yields=True)

    def _proposal(self, row: Row[Any]) -> Proposal | None:
        """Return the proposal for a record that is sealed now; None when it is not, or names nobody."""
        stored = self._reader.show(bytes(row.record_id))
        if stored is None or stored.status is not Status.SEALED:
            return None
        record = stored.event.record
        # Numbers come first, then names with birth dates: nobody has more than may be named.
        persons = list(person_digests(record.person))[:MOST_DIGESTS]
        numbers, finals = (digests[:MOST_DIGESTS] for digests in judgment_digests(record))
        if not persons or not (numbers or finals):
            return None
        content = self._sealer.proposal_content([*persons, *numbers, *finals])
        proposal_id, proposed_at = self._name(stored, content)
        key = key_of(self._me, proposal_id)
        body = sealing_pb2.SealingProposal(
            proposal_id=proposal_id,
            rule=RULE,
            person_digests=persons,
            judgment_digests=numbers,
            final_digests=finals,
            proposer=self._me,
            proposed_at=proposed_at,
        )
        return Proposal(
            key=key,
            proposal_id=proposal_id,
            record_id=stored.record_id,
            content=content,
            proposed_at=proposed_at,
            body=self._sealer.proposal_vault.wrap(body.SerializeToString(deterministic=True), key.encode()),
            tokens=tuple(dict.fromkeys(self._sealer.digest_tokens(persons))),
            urgent=bool(row.urgent),
            again=bool(row.again),
        )

    def _name(self, stored: Stored, content: bytes) -> tuple[str, str]:
        """Return id and time of the proposal: the same content again is the same proposal, unless withdrawn."""
        with self._journal.engine.connect() as connection:
            same = [p for p in proposed.in_force(connection, stored.record_id) if bytes(p.content) == content]
        if same:
            return same[0].proposal_id, same[0].proposed_at
        name = f"2/{self._me}/{stored.record_id.hex()}/{stored.event.version}"
        return hashlib.sha256(name.encode()).hexdigest()[:32], stamp(self._now())

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


def _take_out(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    for row in rows:
        table = sealing_spread
        its = and_(table.c.record_id == row.record_id, table.c.version == row.version)
        connection.execute(delete(table).where(its))
