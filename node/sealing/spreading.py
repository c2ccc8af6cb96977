"""Sealed once, sealed everywhere (R45): what this node seals is proposed to the other holders, through a gateway.

A row is written in the transaction that seals and removed once a gateway has the proposal durably; from there
on the gateway sees to it. Only what is SEALED spreads: a fact that one agency lacks is no reason for another.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import grpc
from sqlalchemy import Row, delete, select

from federation.charter.model import Charter, Gateway
from federation.envelope import GATEWAY, Signer, make_statement
from federation.errors import HutongError, Unavailable
from federation.methods import PROPOSE
from federation.tokens import judgment_digests, person_digests
from federation.transport.status import understood
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from journal.journal import Journal
from journal.writer import Work
from node.store.reading import Reader
from node.store.schema import sealing_spread

_LOGGER = logging.getLogger(__name__)
MOST_PER_PAGE = 200
DEADLINE_S = 15.0
OFFICER = "node"


class Spreading:
    """Tells a gateway of new seals, from a thread of its own."""

    def __init__(
        self,
        *,
        journal: Journal,
        sealed_reader: Reader,
        signer: Signer,
        charter: Callable[[], Charter],
        connect: Callable[[Gateway, Charter], grpc.Channel],
        now: Callable[[], datetime],
        every_s: float = 1.0,
    ) -> None:
        self._journal = journal
        self._reader = sealed_reader
        self._signer = signer
        self._charter = charter
        self._connect = connect
        self._now = now
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spreading", daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Spread in the background until the context ends."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join(DEADLINE_S + 1)

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                while not self._stop.is_set() and self._spread_page():
                    pass
            except HutongError as error:  # no gateway, no charter: it waits, and nothing is lost
                _LOGGER.info("seals wait to be spread: %s", error.reason)
            except Exception:  # a thread that dies would keep every later seal from spreading
                _LOGGER.exception("seals wait to be spread")

    def _spread_page(self) -> bool:
        """Hand one page to a gateway; True when more may wait."""
        with self._journal.engine.connect() as connection:
            waiting = connection.execute(select(sealing_spread).limit(MOST_PER_PAGE)).all()
        if not waiting:
            return False
        page = sealing_pb2.SealingProposalPage(
            proposals=[proposal for row in waiting if (proposal := self._proposal(row)) is not None]
        )
        if page.proposals:
            self._deliver(page)
        self._journal.run(lambda work: _remove(work, waiting))
        return len(waiting) == MOST_PER_PAGE

    def _proposal(self, row: Row[tuple[bytes, int]]) -> sealing_pb2.SealingProposal | None:
        """Return what to propose; None when the record is not sealed any more."""
        stored = self._reader.show(bytes(row.record_id))
        if stored is None or stored.event.version != row.version:
            return None
        record = stored.event.record
        digests = list(person_digests(record.person))
        if not digests:
            return None
        number, final = judgment_digests(digests[0], record)
        name = f"{self._signer.installation}/{stored.record_id.hex()}/{row.version}"
        return sealing_pb2.SealingProposal(
            proposal_id=hashlib.sha256(name.encode()).hexdigest()[:32],
            rule="SEALED-BY-A-HOLDER",
            person_digests=digests,
            judgment_digest=number,
            final_digest=final,
        )

    def _deliver(self, page: sealing_pb2.SealingProposalPage) -> None:
        charter = self._charter()
        if not charter.gateways:
            raise Unavailable("the charter names no gateway")
        envelope = make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=PROPOSE,
            destination=GATEWAY,
            officer=OFFICER,
            body=page.SerializeToString(),
            charter_version=charter.version,
            now=self._now(),
        )
        with understood(), self._connect(charter.gateways[0], charter) as channel:
            stub = sealing_pb2_grpc.SealingServiceStub(channel)
            stub.Propose(sealing_pb2.ProposeRequest(envelope=envelope), timeout=DEADLINE_S)


def _remove(work: Work, rows: Sequence[Row[tuple[bytes, int]]]) -> None:
    for row in rows:
        work.connection.execute(
            delete(sealing_spread).where(
                sealing_spread.c.record_id == row.record_id, sealing_spread.c.version == row.version
            )
        )
