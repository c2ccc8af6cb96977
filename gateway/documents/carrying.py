"""One carrier a node brings documents there, resumably and apart from notices, which never wait for them.

What every node that needs it has is dropped here, and so is what nobody goes on with or claims.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

import grpc

from federation.charter.model import Charter, Node
from federation.clock import stamp
from federation.errors import Corrupt, Exhausted, HutongError, NotFound, Unavailable
from federation.evidence.entry import EntryKind
from federation.identity import Role
from federation.notices.document_receipts import read_receipt
from federation.notices.document_sending import send_document
from federation.v1 import notice_pb2_grpc
from federation.v1 import stored_document_pb2 as pb
from gateway.documents.clearing import Clearing
from gateway.documents.shelf import DueDocument, Shelf
from journal.depot import Depot
from journal.journal import Journal
from journal.writer import Work

_LOGGER = logging.getLogger(__name__)
Connect = Callable[[Node, Charter], grpc.Channel]
#: Seconds: the first pause, the longest, and between looks for what is to be tried again or cleared.
FIRST_PAUSE_S, LONGEST_PAUSE_S, LOOK_AGAIN_S, CLEAR_EVERY_S = 0.1, 30.0, 1.0, 300.0
#: A document that fails so often by itself is parked.
MOST_ATTEMPTS = 6


class Carrier:
    """Carries to the node called `node`, from a thread of its own."""

    def __init__(
        self,
        *,
        node: str,
        journal: Journal,
        shelf: Shelf,
        depot: Depot,
        clearing: Clearing,
        charter: Callable[[], Charter],
        connect: Connect,
        now: Callable[[], datetime],
    ) -> None:
        self.node = node
        self._journal = journal
        self._shelf = shelf
        self._depot = depot
        self._clearing = clearing
        self._charter = charter
        self._connect = connect
        self._now = now
        self._stop, self._something = threading.Event(), threading.Event()
        self._line: tuple[Node, grpc.Channel] | None = None
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=f"carrier-{node}", daemon=True)

    def open(self) -> None:
        """Start the carrier's thread."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something may be due."""
        self._something.set()

    def close(self) -> None:
        """Stop; what is under way goes on at the next start."""
        self._stop.set()
        self._something.set()
        self._hang_up()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._something.clear()
            try:
                busy = self._carry_one()
                self._failures = 0
            except (Unavailable, Exhausted) as error:
                self._hang_up()
                self._failures += 1
                if self._failures == 1:
                    _LOGGER.warning("%s takes no documents now: %s", self.node, error.reason)
                pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(self._failures, 12))
                self._stop.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311
            except Exception:
                if self._stop.is_set():
                    return
                _LOGGER.exception("carrying to %s failed", self.node)
                self._hang_up()
                self._stop.wait(1.0)
            else:
                if not busy:
                    self._something.wait(LOOK_AGAIN_S)

    def _carry_one(self) -> bool:
        with self._journal.engine.connect() as connection:
            due = self._shelf.due(connection, self.node, time.time())
        if due is None:
            return False
        try:
            self._carry(due)
        except (Unavailable, Exhausted):
            raise
        except NotFound:
            self._mark(due, state=pb.CARRIAGE_STATE_UNWANTED, reason="no notice there names it any more")
        except HutongError as error:
            self._failed(due, error)
        self._clearing.settle()
        return True

    def _carry(self, due: DueDocument) -> None:
        berth, charter = due.kept.berth, self._charter()
        node = self._described(charter)
        envelope = send_document(
            self._stub(node, charter),
            pb.PutDocumentRequest(content=berth.content),
            berth.content.size,
            lambda offset: self._depot.read(
                berth.name, key=berth.key, digest=berth.content.sha256, offset=offset
            ),
        )
        receipt = read_receipt(envelope, charter, role=Role.ANSWERS, now=self._now())
        if receipt.installation != str(node.installation) or receipt.content != berth.content:
            raise Corrupt(f"{self.node} returned a receipt of another node or for another document")

        def command(work: Work) -> None:
            token = due.kept.token
            self._shelf.keep_receipt(work.connection, token, receipt.stage, envelope, own=False)
            self._shelf.carriage(
                work.connection, token, self.node, state=pb.CARRIAGE_STATE_CARRIED, reason=""
            )

        self._journal.run(command)

    def _failed(self, due: DueDocument, error: HutongError) -> None:
        reason = f"{error.reason}: {error.message}"[:400]
        _LOGGER.warning("%s turns a document away: %s", self.node, reason)
        attempts = due.attempts + 1
        if attempts >= MOST_ATTEMPTS:
            self._park(due, attempts, reason)
        else:
            pause = FIRST_PAUSE_S * 4**attempts * random.uniform(0.5, 1.0)  # noqa: S311
            self._mark(due, attempts=attempts, next_at=time.time() + pause, reason=reason)

    def _park(self, due: DueDocument, attempts: int, reason: str) -> None:
        """Set it aside, on the log, until an officer has it carried again."""
        document, state = due.kept.berth.content.sha256.hex(), pb.CARRIAGE_STATE_PARKED

        def command(work: Work) -> None:
            self._shelf.carriage(
                work.connection, due.kept.token, self.node, state=state, attempts=attempts, reason=reason
            )
            kind, at = EntryKind.NOTICE_PARKED, stamp(self._now())
            work.log.append(kind, at=at, document=document, node=self.node, reason=reason)

        self._journal.run(command)

    def _mark(self, due: DueDocument, **said: object) -> None:
        self._journal.run(
            lambda work: self._shelf.carriage(work.connection, due.kept.token, self.node, **said)
        )

    def _described(self, charter: Charter) -> Node:
        for node in charter.nodes:
            if node.name == self.node:
                return node
        raise Unavailable(f"charter {charter.version} names no node {self.node}")

    def _stub(self, node: Node, charter: Charter) -> notice_pb2_grpc.NoticeServiceStub:
        if self._line is not None and self._line[0] != node:
            self._hang_up()
        if self._line is None:
            self._line = (node, self._connect(node, charter))
        return notice_pb2_grpc.NoticeServiceStub(self._line[1])

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line[1].close()


class Carriers:
    """The carriers of all nodes for which something waits, and the clearing. A context manager."""

    def __init__(
        self,
        *,
        journal: Journal,
        shelf: Shelf,
        depot: Depot,
        clearing: Clearing,
        charter: Callable[[], Charter],
        connect: Connect,
        now: Callable[[], datetime],
    ) -> None:
        self._parts = {"journal": journal, "shelf": shelf, "depot": depot, "clearing": clearing}
        self._journal, self._shelf, self._clearing = journal, shelf, clearing
        self._charter, self._connect, self._now = charter, connect, now
        self._carriers: dict[str, Carrier] = {}
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._clear, name="clearing", daemon=True)

    def __enter__(self) -> Self:
        with self._journal.engine.connect() as connection:
            nodes = self._shelf.waiting_nodes(connection)
        self.wake(nodes)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        with self._lock:
            self._closed = True
            carriers, self._carriers = list(self._carriers.values()), {}
        for carrier in carriers:
            carrier.close()
        self._thread.join()

    def wake(self, nodes: frozenset[str]) -> None:
        """Say that something may be due for `nodes`."""
        with self._lock:
            for node in nodes if not self._closed else ():
                carrier = self._carriers.get(node)
                if carrier is None:
                    carrier = self._carriers[node] = Carrier(
                        node=node,
                        charter=self._charter,
                        connect=self._connect,
                        now=self._now,
                        **self._parts,  # type: ignore[arg-type]
                    )
                    carrier.open()
                carrier.wake()

    def _clear(self) -> None:
        while True:
            try:
                self._clearing.clear(time.time())
            except HutongError as error:
                _LOGGER.warning("documents cannot be cleared now: %s", error.message)
            if self._stop.wait(CLEAR_EVERY_S):
                return
