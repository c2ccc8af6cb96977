"""Sealing proposals: where the agencies' facts together do not leave a record open, its holder withholds it too.

A proposal is written down with the answer that caused it and sent until the holder has acknowledged, across
restarts and nodes that are down. Each record is proposed once: what people decide afterwards stands.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import grpc
from sqlalchemy import Boolean, Column, String, Table, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.charter.model import Charter, Node
from federation.clock import stamp
from federation.envelope import Signer, make_statement
from federation.errors import HutongError
from federation.evidence.entry import EntryKind
from federation.methods import PROPOSE
from federation.transport.status import understood
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from gateway.held import metadata
from journal.journal import Journal
from journal.writer import Work

_LOGGER = logging.getLogger(__name__)
DEADLINE_S = 10.0
OFFICER = "gateway"

sealing_proposal = Table(
    "sealing_proposal",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("record_id", String(32), primary_key=True),
    Column("proposal_id", String(32), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("acknowledged", Boolean, nullable=False),
)


@dataclass(frozen=True, order=True, slots=True)
class Withheld:
    """A record that this gateway withholds although its holder shows it."""

    node: str
    record_id: str
    rule: str


def note(work: Work, withheld: Sequence[Withheld]) -> None:
    """Write down what is to be proposed, in the transaction of the answer that withholds it."""
    for each in withheld:
        work.connection.execute(
            insert(sealing_proposal)
            .values(
                node=each.node,
                record_id=each.record_id,
                rule=each.rule,
                proposal_id=uuid4().hex,
                acknowledged=False,
            )
            .on_conflict_do_nothing()
        )


class Proposing:
    """Sends what waits, from a thread of its own."""

    def __init__(
        self,
        *,
        journal: Journal,
        signer: Signer,
        charter: Callable[[], Charter],
        connect: Callable[[Node, Charter], grpc.Channel],
        now: Callable[[], datetime],
        every_s: float = 2.0,
    ) -> None:
        self._journal = journal
        self._signer = signer
        self._charter = charter
        self._connect = connect
        self._now = now
        self._every_s = every_s
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proposing", daemon=True)

    @contextmanager
    def running(self) -> Iterator[Proposing]:
        """Send in the background until the context ends."""
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._wake.set()
            self._thread.join(DEADLINE_S + 1)

    def wake(self) -> None:
        """Something new waits: do not sleep on it."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._send_waiting()
            self._wake.wait(self._every_s)
            self._wake.clear()

    def _send_waiting(self) -> None:
        with self._journal.engine.connect() as connection:
            query = select(sealing_proposal).where(sealing_proposal.c.acknowledged.is_(False)).limit(100)
            waiting = connection.execute(query).all()
        for row in waiting:
            try:
                self._send(row.node, row.record_id, row.rule, row.proposal_id)
            except HutongError as error:
                _LOGGER.info("proposal to %s not yet acknowledged: %s", row.node, error.reason)

    def _send(self, name: str, record_id: str, rule: str, proposal_id: str) -> None:
        charter = self._charter()
        node = next((n for n in charter.nodes if n.name == name), None)
        if node is None:
            return
        body = sealing_pb2.SealingProposal(record_id=record_id, rule=rule, proposal_id=proposal_id)
        envelope = make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=PROPOSE,
            destination=str(node.installation),
            officer=OFFICER,
            body=body.SerializeToString(),
            charter_version=charter.version,
            now=self._now(),
        )
        with understood(), self._connect(node, charter) as channel:
            stub = sealing_pb2_grpc.SealingServiceStub(channel)
            stub.Propose(sealing_pb2.ProposeRequest(envelope=envelope), timeout=DEADLINE_S)
        at = stamp(self._now())

        def command(work: Work) -> None:
            table = sealing_proposal
            work.connection.execute(
                update(table)
                .where(table.c.node == name, table.c.record_id == record_id)
                .values(acknowledged=True)
            )
            work.log.append(
                EntryKind.PROPOSED, at=at, node=name, record=record_id, proposal=proposal_id, rule=rule
            )

        self._journal.run(command)
