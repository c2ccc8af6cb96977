"""Carry sealing proposals to their holders, page by page, until each has acknowledged.

They come from this gateway's own second look at sealing, and from nodes that have sealed what others may hold.
Nothing is forgotten by a restart, and a node that is down hears of it when it is back.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import grpc

from federation.charter.model import Charter, Node
from federation.clock import stamp
from federation.envelope import Opened, Signer, make_statement
from federation.errors import HutongError, InvalidRequest, Replayed
from federation.evidence.entry import EntryKind
from federation.methods import PROPOSE
from federation.transport.status import understood
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from gateway.proposals import Proposals, Withheld
from journal.journal import Journal
from journal.log import Once
from journal.writer import Work

_LOGGER = logging.getLogger(__name__)
DEADLINE_S = 5.0
MOST_PER_PAGE = 200
OFFICER = "gateway"
MOST_DIGESTS = 100
MOST_RULE = 64
_ID = re.compile(r"^[0-9a-f]{32}$")


class Proposing:
    """Takes proposals in and sends them on, from a thread of its own."""

    def __init__(
        self,
        *,
        proposals: Proposals,
        journal: Journal,
        signer: Signer,
        charter: Callable[[], Charter],
        connect: Callable[[Node, Charter], grpc.Channel],
        now: Callable[[], datetime],
        every_s: float = 2.0,
    ) -> None:
        self._proposals = proposals
        self._journal = journal
        self._signer = signer
        self._charter = charter
        self._connect = connect
        self._now = now
        self._every_s = every_s
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._sending = threading.Lock()
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

    def note(self, work: Work, withheld: Sequence[Withheld]) -> None:
        """Write down what this gateway withholds, in the transaction of the answer that does so."""
        self._proposals.add(work.connection, ((each.node, each.proposal()) for each in withheld))

    def relay(self, page: sealing_pb2.SealingProposalPage, opened: Opened) -> None:
        """Take a node's proposals for all nodes; durable when this returns. Raises `InvalidRequest`."""
        _insist_sound(page)
        charter, at = self._charter(), stamp(self._now())
        nodes = [str(node.name) for node in charter.nodes]  # also the sender's: it may hold a second copy
        once = Once(opened.keyid, opened.statement.nonce)

        def command(work: Work) -> None:
            if work.log.replays(work.connection, [once]):
                raise Replayed("this envelope was used before; sign a new one naming `retry_of`")
            self._proposals.add(
                work.connection, ((node, proposal) for proposal in page.proposals for node in nodes)
            )
            work.log.append(
                EntryKind.PROPOSED,
                at=at,
                once=once,
                by=str(opened.installation),
                proposals=len(page.proposals),
            )

        self._journal.run(command)
        self.wake()

    def deliver_now(self, nodes: Sequence[Node]) -> bool:
        """Send what waits for `nodes` at once; False when one of them cannot take it now."""
        with self._sending:
            return all(self._sent(node) for node in nodes)

    def _sent(self, node: Node) -> bool:
        """Send until nothing waits for `node`; False when it does not take it."""
        while self._send(node):
            pass
        with self._journal.engine.connect() as connection:
            return not self._proposals.waiting(connection, node.name, 1)

    def _run(self) -> None:
        while not self._stop.is_set():
            more = False
            try:
                for node in self._charter().nodes:
                    with self._sending:
                        more |= self._send(node)
            except HutongError as error:  # no usable charter, or the log cannot be written: try again later
                _LOGGER.warning("proposals wait: %s", error.reason)
            except Exception:  # a thread that dies would keep every later proposal from its holder
                _LOGGER.exception("proposals wait")
            if not more:
                self._wake.wait(self._every_s)
                self._wake.clear()

    def _send(self, node: Node) -> bool:
        """Send one page to `node`; True when it took it and more may wait."""
        with self._journal.engine.connect() as connection:
            waiting = self._proposals.waiting(connection, node.name, MOST_PER_PAGE)
        if not waiting:
            return False
        try:
            self._deliver(node, sealing_pb2.SealingProposalPage(proposals=waiting))
        except HutongError as error:
            _LOGGER.info("%d proposals wait for %s: %s", len(waiting), node.name, error.reason)
            return False
        at = stamp(self._now())

        def command(work: Work) -> None:
            self._proposals.acknowledged(work.connection, node.name, (p.proposal_id for p in waiting))
            work.log.append(EntryKind.PROPOSED, at=at, node=str(node.name), proposals=len(waiting))

        self._journal.run(command)
        return len(waiting) == MOST_PER_PAGE

    def _deliver(self, node: Node, page: sealing_pb2.SealingProposalPage) -> None:
        charter = self._charter()
        envelope = make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=PROPOSE,
            destination=str(node.installation),
            officer=OFFICER,
            body=page.SerializeToString(),
            charter_version=charter.version,
            now=self._now(),
        )
        with understood(), self._connect(node, charter) as channel:
            stub = sealing_pb2_grpc.SealingServiceStub(channel)
            stub.Propose(sealing_pb2.ProposeRequest(envelope=envelope), timeout=DEADLINE_S)


def _insist_sound(page: sealing_pb2.SealingProposalPage) -> None:
    """A proposal that no node could read would stop all those behind it."""
    if not 1 <= len(page.proposals) <= MOST_PER_PAGE:
        raise InvalidRequest.of("proposals", "SIZE", f"a page holds 1 to {MOST_PER_PAGE}")
    for number, proposal in enumerate(page.proposals):
        where = f"proposals[{number}]"
        digests = [*proposal.person_digests, proposal.judgment_digest, proposal.final_digest]
        if not _ID.match(proposal.proposal_id):
            raise InvalidRequest.of(f"{where}.proposal_id", "FORMAT", "is not 32 hex digits")
        if proposal.record_id or not 1 <= len(proposal.person_digests) <= MOST_DIGESTS:
            raise InvalidRequest.of(
                f"{where}.person_digests", "R45", "name the person by digests, no record by its id"
            )
        if any(len(digest) not in (0, 32) for digest in digests) or not all(proposal.person_digests):
            raise InvalidRequest.of(f"{where}", "FORMAT", "has a digest that is no SHA-256")
        if len(proposal.rule) > MOST_RULE:
            raise InvalidRequest.of(f"{where}.rule", "SIZE", f"longer than {MOST_RULE} characters")
