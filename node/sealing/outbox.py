"""What this node has to tell of its seals: proposals, withdrawals and objections, made from the records themselves.

The tables hold ids only; what is said is read from the record when it is sent, so nothing waits here in clear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Row, Table, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.charter.model import Charter
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
from node.store import records
from node.store.reading import Reader, Stored
from node.store.rows import Sealer
from node.store.schema import (
    sealed_record,
    sealing_objection,
    sealing_proposed,
    sealing_spread,
    sealing_told,
)

RULE = "SEALED-BY-A-HOLDER"
Waiting = Row[tuple[bytes, int]]


@dataclass(slots=True)
class Page:
    """Rows that wait and what is to be said of them; `proposed` is kept before anything is sent."""

    rows: Sequence[Waiting]
    said: list[Envelope] = field(default_factory=list)
    proposed: list[dict[str, object]] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)


class Outbox:
    """Reads what waits and takes out what was said."""

    def __init__(
        self, *, journal: Journal, sealer: Sealer, sealed_reader: Reader, signer: Signer, node: NodeName
    ) -> None:
        self._journal = journal
        self._sealer = sealer
        self._reader = sealed_reader
        self._signer = signer
        self._me = str(signer.installation)
        self._node = node

    def welcome(self, charter: Charter) -> None:
        """Let nodes that are new in the charter hear of every record that is sealed here."""
        with self._journal.engine.connect() as connection:
            told = set(connection.execute(select(sealing_told.c.node)).scalars())
        new = [{"node": str(node.name)} for node in charter.nodes if node.name not in told]
        if not new:
            return

        def command(work: Work) -> None:
            sealed = select(sealed_record.c.record_id, sealed_record.c.version).where(
                sealed_record.c.status == str(Status.SEALED)
            )
            work.connection.execute(
                insert(sealing_spread).from_select(["record_id", "version"], sealed).on_conflict_do_nothing()
            )
            work.connection.execute(insert(sealing_told).on_conflict_do_nothing(), new)

        self._journal.run(command)

    def proposals(self, at: datetime) -> Page:
        """Return a page of proposals and withdrawals."""
        with self._journal.engine.connect() as connection:
            page = Page(connection.execute(select(sealing_spread).limit(MOST_PER_PAGE // 2)).all())
            for row in page.rows:
                self._say(connection, row, page, at)
        return page

    def keep(self, page: Page) -> None:
        """Keep what is about to be proposed: acknowledgements come back to it."""
        if page.proposed:
            self._journal.run(
                lambda work: work.connection.execute(
                    insert(sealing_proposed).on_conflict_do_nothing(), page.proposed
                )
            )

    def sent(self, page: Page) -> None:
        """Take out what a gateway has durably."""

        def command(work: Work) -> None:
            _take_out(work.connection, sealing_spread, page.rows)
            if page.withdrawn:
                mine = sealing_proposed.c.key.in_(page.withdrawn)
                work.connection.execute(update(sealing_proposed).where(mine).values(withdrawn=True))

        self._journal.run(command)

    def objections(self, federation: str) -> Page:
        """Return a page of this agency's objections to seals of others."""
        with self._journal.engine.connect() as connection:
            page = Page(connection.execute(select(sealing_objection).limit(MOST_PER_PAGE)).all())
        for row in page.rows:
            stored = self._reader.show(bytes(row.record_id))
            if stored is not None and stored.event.order.objected_by:
                page.said.append(self._objection(stored.event.order, federation))
        return page

    def told(self, page: Page) -> None:
        """Take out objections that a gateway has durably."""
        self._journal.run(lambda work: _take_out(work.connection, sealing_objection, page.rows))

    def _say(self, connection: Connection, row: Waiting, page: Page, at: datetime) -> None:
        record_id = bytes(row.record_id)
        stored = self._reader.show(record_id)
        if stored is not None and stored.status is Status.SEALED:
            self._propose(connection, stored, page, at)
        elif stored is None and records.is_open(connection, record_id):
            for standing in self._standing(connection, record_id):
                page.withdrawn.append(standing.key)
                page.said.append(self._withdrawal(standing.proposal_id, at))

    def _propose(self, connection: Connection, stored: Stored, page: Page, at: datetime) -> None:
        record = stored.event.record
        # Numbers come first, then names with birth dates: nobody has more than may be named.
        persons = list(person_digests(record.person))[:MOST_DIGESTS]
        numbers, finals = (digests[:MOST_DIGESTS] for digests in judgment_digests(record))
        if not persons or not (numbers or finals):
            return
        content = self._sealer.proposal_content([*persons, *numbers, *finals])
        same = [p for p in self._standing(connection, stored.record_id) if bytes(p.content) == content]
        name = f"2/{self._me}/{stored.record_id.hex()}/{stored.event.version}"
        proposal_id = same[0].proposal_id if same else hashlib.sha256(name.encode()).hexdigest()[:32]
        page.proposed.append(
            {
                "key": key_of(self._me, proposal_id),
                "proposal_id": proposal_id,
                "record_id": stored.record_id,
                "content": content,
                "proposed_at": stamp(at),
                "withdrawn": False,
            }
        )
        proposal = sealing_pb2.SealingProposal(
            proposal_id=proposal_id,
            rule=RULE,
            person_digests=persons,
            judgment_digests=numbers,
            final_digests=finals,
            proposer=self._me,
            proposed_at=same[0].proposed_at if same else stamp(at),
        )
        page.said.append(sign(PROPOSAL, proposal, self._signer))

    def _withdrawal(self, proposal_id: str, at: datetime) -> Envelope:
        name = hashlib.sha256(f"withdrawal/{proposal_id}".encode()).hexdigest()[:32]
        proposal = sealing_pb2.SealingProposal(
            proposal_id=name, rule=RULE, withdraws=proposal_id, proposer=self._me, proposed_at=stamp(at)
        )
        return sign(PROPOSAL, proposal, self._signer)

    def _objection(self, order: registry_pb2.SealingOrder, federation: str) -> Envelope:
        said = sealing_pb2.SealingAcknowledgement(
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
        return sign(ACKNOWLEDGEMENT, said, self._signer)

    def _standing(self, connection: Connection, record_id: bytes) -> Sequence[Row[tuple[object, ...]]]:
        table = sealing_proposed
        query = select(table).where(table.c.record_id == record_id, table.c.withdrawn.is_(False))
        return connection.execute(query).all()


def _take_out(connection: Connection, table: Table, rows: Iterable[Waiting]) -> None:
    for row in rows:
        connection.execute(
            delete(table).where(table.c.record_id == row.record_id, table.c.version == row.version)
        )
