"""Carry sealing proposals to their holders, page by page, until each has acknowledged, and their words back.

They come from this gateway's own second look at sealing, and from nodes that have sealed what others may hold.
Nothing is forgotten by a restart, and a node that is down hears of it when it is back.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import grpc
from google.protobuf.message import Message

from federation.charter.model import Charter, Node
from federation.clock import stamp
from federation.envelope import Opened, Signer, make_statement
from federation.errors import Corrupt, HutongError, InvalidRequest, Replayed
from federation.evidence.entry import EntryKind
from federation.methods import ACKNOWLEDGE, PROPOSE
from federation.seals import MOST_PER_PAGE, key_of, open_acknowledgement, open_proposal
from federation.transport.status import understood
from federation.v1 import sealing_pb2, sealing_pb2_grpc
from federation.v1.envelope_pb2 import Envelope
from gateway.proposals import Addressed, Proposals, Withheld, Word
from journal.journal import Journal
from journal.log import Once
from journal.writer import Work

_LOGGER = logging.getLogger(__name__)
DEADLINE_S = 5.0
OFFICER = "gateway"
OBJECTED = sealing_pb2.SEALING_STANCE_OBJECTED


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
        # One delivery at a time to each node: a node that hangs keeps nobody else's waiting.
        self._sending: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._owing = threading.Lock()
        self._owed: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="proposing", daemon=True)

    @contextmanager
    def running(self) -> Iterator[Proposing]:
        """Send in the background until the context ends."""
        with self._journal.engine.connect() as connection:
            self.owe(self._proposals.nodes_waited_for(connection))
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
        self._proposals.add(work.connection, (each.proposal() for each in withheld))

    def relay(self, page: sealing_pb2.SealingProposalPage, opened: Opened) -> None:
        """Take a node's proposals for all nodes; durable when this returns.

        Raises `InvalidRequest`, `BadEnvelope` or `PermissionDenied` when one of them does not hold.
        """
        if not 1 <= len(page.proposed) <= MOST_PER_PAGE:
            raise InvalidRequest.of("proposed", "SIZE", f"a page holds 1 to {MOST_PER_PAGE}")
        charter, now = self._charter(), self._now()
        keys = [_own(proposed, opened, charter, now) for proposed in page.proposed]
        nodes = [str(node.name) for node in charter.nodes]  # also the sender's: it may hold a second copy
        proposer = str(opened.installation)
        addressed = [
            Addressed(node, key, proposer, proposed)
            for key, proposed in zip(keys, page.proposed, strict=True)
            for node in nodes
        ]
        once = Once(opened.keyid, opened.statement.nonce)

        def command(work: Work) -> None:
            _insist_first(work, once)
            self._proposals.add(work.connection, addressed)
            work.log.append(
                EntryKind.PROPOSED, at=stamp(now), once=once, by=proposer, proposals=len(page.proposed)
            )

        self._journal.run(command)
        self.owe(nodes)
        self.wake()

    def object(self, page: sealing_pb2.AcknowledgementPage, opened: Opened) -> None:
        """Take a holder's objections for those who proposed; durable when this returns.

        Raises `InvalidRequest`, `BadEnvelope` or `PermissionDenied` when one of them does not hold. One to a
        proposal that this gateway did not carry is passed over.
        """
        if not 1 <= len(page.acknowledgements) <= MOST_PER_PAGE:
            raise InvalidRequest.of("acknowledgements", "SIZE", f"a page holds 1 to {MOST_PER_PAGE}")
        charter, now = self._charter(), self._now()
        words = []
        for envelope in page.acknowledgements:
            said = open_acknowledgement(envelope, charter, now=now)
            if said.stance != OBJECTED or said.installation != str(opened.installation):
                raise InvalidRequest.of("acknowledgements", "R45", "a node sends its own objections only")
            words.append(_word(said, envelope))
        once = Once(opened.keyid, opened.statement.nonce)

        def command(work: Work) -> None:
            _insist_first(work, once)
            carried = [w for w in words if self._proposals.proposed(work.connection, w.node, w.key)]
            self._proposals.keep_words(work.connection, carried)
            work.log.append(
                EntryKind.ACKNOWLEDGED,
                at=stamp(now),
                once=once,
                by=str(opened.installation),
                objected=len(carried),
            )

        self._journal.run(command)
        self.wake()

    def owed(self, nodes: Sequence[Node]) -> Sequence[Node]:
        """Return those of `nodes` for which something may wait; read from memory, by every question."""
        return [node for node in nodes if node.name in self._owed] if self._owed else ()

    def deliver_now(self, node: Node) -> bool:
        """Send until nothing waits for `node`; False when it does not take it now."""
        with self._sending[node.name]:
            while self._send(node):
                pass
        return not self.owed([node])

    def owe(self, names: Iterable[str]) -> None:
        """Remember that something is committed for these nodes: nobody asks them before they have it."""
        with self._owing:
            self._owed.update(map(str, names))

    def _waiting(self, node: Node) -> Sequence[Addressed]:
        """Return a page of what waits for `node`; when it is empty, nothing is owed any more.

        Under one lock with `owe`, which comes after the commit: what is read as empty here was committed later.
        """
        with self._owing, self._journal.engine.connect() as connection:
            waiting = self._proposals.waiting(connection, node.name, MOST_PER_PAGE)
            if not waiting:
                self._owed.discard(str(node.name))
        return waiting

    def _run(self) -> None:
        while not self._stop.is_set():
            more = False
            try:
                for node in self._charter().nodes:
                    with self._sending[node.name]:
                        more |= self._send(node)
                    more |= self._tell(node)
            except HutongError as error:  # no usable charter, or the log cannot be written: try again later
                _LOGGER.warning("proposals wait: %s", error.reason)
            except Exception:  # a thread that dies would keep every later proposal from its holder
                _LOGGER.exception("proposals wait")
            if not more:
                self._wake.wait(self._every_s)
                self._wake.clear()

    def _send(self, node: Node) -> bool:
        """Send one page of proposals to `node`; True when it took it and more may wait."""
        waiting = self._waiting(node)
        if not waiting:
            return False
        try:
            words = self._deliver(node, waiting)
        except HutongError as error:
            _LOGGER.info("%d proposals wait for %s: %s", len(waiting), node.name, error.reason)
            return False
        at = stamp(self._now())

        def command(work: Work) -> None:
            self._proposals.acknowledged(work.connection, node.name, (each.key for each in waiting))
            self._proposals.keep_words(work.connection, (word for word in words if word.proposer))
            work.log.append(EntryKind.PROPOSED, at=at, node=str(node.name), proposals=len(waiting))

        self._journal.run(command)
        if words:
            self.wake()
        return True

    def _deliver(self, node: Node, waiting: Sequence[Addressed]) -> list[Word]:
        """Return the node's signed words on what was sent, in order; raises what does not hold of them."""
        page = sealing_pb2.SealingProposalPage(proposed=[each.proposed for each in waiting])
        with self._to(node, PROPOSE, page) as (stub, envelope):
            response = stub.Propose(sealing_pb2.ProposeRequest(envelope=envelope), timeout=DEADLINE_S)
        if len(response.acknowledgements) != len(waiting):
            raise Corrupt(f"{node.name} acknowledged another number of proposals than were sent")
        words = []
        for each, acknowledgement in zip(waiting, response.acknowledgements, strict=True):
            said = open_acknowledgement(acknowledgement, self._charter(), now=self._now())
            word = _word(said, acknowledgement)
            if (word.key, said.node, said.installation) != (each.key, node.name, str(node.installation)):
                raise Corrupt(f"{node.name} acknowledged something else than was sent")
            words.append(word)
        return words

    def _tell(self, node: Node) -> bool:
        """Tell `node` what others say of its proposals, one page; True when more may wait."""
        with self._journal.engine.connect() as connection:
            words = self._proposals.words(connection, str(node.installation), MOST_PER_PAGE)
        if not words:
            return False
        page = sealing_pb2.AcknowledgementPage(acknowledgements=[word.envelope for word in words])
        try:
            with self._to(node, ACKNOWLEDGE, page) as (stub, envelope):
                stub.Acknowledge(sealing_pb2.AcknowledgeRequest(envelope=envelope), timeout=DEADLINE_S)
        except HutongError as error:
            _LOGGER.info("%d acknowledgements wait for %s: %s", len(words), node.name, error.reason)
            return False
        self._journal.run(lambda work: self._proposals.told(work.connection, words))
        return len(words) == MOST_PER_PAGE

    @contextmanager
    def _to(
        self, node: Node, method: str, body: Message
    ) -> Iterator[tuple[sealing_pb2_grpc.SealingServiceStub, Envelope]]:
        charter = self._charter()
        envelope = make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=method,
            destination=str(node.installation),
            officer=OFFICER,
            body=body.SerializeToString(),
            charter_version=charter.version,
            now=self._now(),
        )
        with understood(), self._connect(node, charter) as channel:
            yield sealing_pb2_grpc.SealingServiceStub(channel), envelope


def _own(proposed: sealing_pb2.Proposed, opened: Opened, charter: Charter, now: datetime) -> str:
    """Return the key of a node's own proposal; raises when it is not its own, or does not hold."""
    if proposed.WhichOneof("by") != "node":
        raise InvalidRequest.of("proposed", "R45", "a node sends proposals that it has signed itself")
    proposal = open_proposal(proposed.node, charter, now=now)
    if proposal.proposer != str(opened.installation):
        raise InvalidRequest.of("proposed.proposer", "R45", "a node sends its own proposals only")
    return key_of(proposal.proposer, proposal.proposal_id)


def _word(said: sealing_pb2.SealingAcknowledgement, envelope: Envelope) -> Word:
    return Word(key_of(said.proposer, said.proposal_id), said.node, int(said.stance), said.proposer, envelope)


def _insist_first(work: Work, once: Once) -> None:
    if work.log.replays(work.connection, [once]):
        raise Replayed("this envelope was used before; sign a new one naming `retry_of`")
