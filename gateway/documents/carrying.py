"""Carry documents to nodes: one carrier for each node, resumable, and separate from notices, which never wait for them.

A document is deleted here once every node that needs it has it, or once its upload was abandoned or never claimed.
"""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Self

from federation.background.backoff import MOST_ATTEMPTS, NOT_OFFERED, pause_of
from federation.background.fleet import Fleet, Worker
from federation.background.loop import Loop
from federation.errors import Corrupt, Exhausted, HutongError, NotFound, Unavailable
from federation.evidence.entry import EntryKind
from federation.notices.document_receipts import read_receipt
from federation.notices.document_sending import send_document
from federation.v1 import notice_pb2_grpc
from federation.v1 import stored_document_pb2 as pb
from federation.values.clock import stamp
from federation.values.identity import Role
from gateway.documents.archive import Archive
from gateway.documents.clearing import DocumentRemover
from gateway.documents.kept import DueDocument
from server.journal.work import Work
from server.line import Connect, Line

_LOGGER = logging.getLogger(__name__)
#: Seconds between looks for documents to try again, and for documents to clear.
LOOK_AGAIN_S, CLEAR_EVERY_S = 1.0, 300.0


class Carrier(Worker):
    """Carries to the node called `node`, from a thread of its own."""

    def __init__(self, node: str, archive: Archive, *, clearing: DocumentRemover, connect: Connect) -> None:
        super().__init__(f"carrier-{node}", self._step, every_s=LOOK_AGAIN_S)
        self.node = node
        self._archive, self._clearing = archive, clearing
        self._line = Line(
            node, charter=archive.charter, connect=connect, stub=notice_pb2_grpc.NoticeServiceStub
        )

    def hang_up(self) -> None:
        """Break off the carriage under way, which is resumed at the next start."""
        self._line.close()

    def _step(self) -> bool:
        try:
            return self._carry_one()
        except Exception:
            self._line.hang_up()
            raise

    def _carry_one(self) -> bool:
        with self._archive.journal.reading() as view:
            due = self._archive.shelf.carriages.due(view, self.node, time.time())
        if due is None:
            return False
        try:
            self._carry(due)
        except NotFound:
            self._give_up(due, "no notice there names it any more")
        except HutongError as error:
            if isinstance(error, Unavailable | Exhausted) or error.reason in (NOT_OFFERED, "CANCELLED"):
                raise  # the failure is not about the document
            self._failed(due, error)
        self._clearing.settle()
        return True

    def _carry(self, due: DueDocument) -> None:
        berth, charter = due.kept.berth, self._archive.charter()
        node, stub = self._line.to()
        envelope = send_document(
            stub.PutDocument,
            pb.PutDocumentRequest(content=berth.content),
            berth.content.size,
            lambda offset: self._archive.depot.read(
                berth.name, key=berth.key, digest=berth.content.sha256, offset=offset
            ),
        )
        receipt = read_receipt(envelope, charter, role=Role.ANSWERS, now=self._archive.now())
        if receipt.installation != str(node.installation) or receipt.content != berth.content:
            raise Corrupt(f"{self.node} returned a receipt of another node or for another document")

        kept = self._archive.shelf.receipts.prepared(due.kept.token, receipt.stage, envelope, own=False)

        def command(work: Work) -> None:
            self._archive.shelf.receipts.keep(work, kept)
            self._archive.shelf.carriages.change(
                work, due, self.node, state=pb.CARRIAGE_STATE_CARRIED, reason=""
            )

        self._archive.journal.run(command, yields=True)

    def _failed(self, due: DueDocument, error: HutongError) -> None:
        reason = f"{error.reason}: {error.message}"[:400]
        _LOGGER.warning("%s turns a document away: %s", self.node, reason)
        attempts = due.attempts + 1
        if attempts >= MOST_ATTEMPTS:
            self._park(due, attempts, reason)
        else:
            self._put_off(due, attempts, time.time() + pause_of(attempts), reason)

    def _park(self, due: DueDocument, attempts: int, reason: str) -> None:
        """Park a document, with an entry in the log, until an officer has it carried again."""
        document, state = due.kept.berth.content.sha256.hex(), pb.CARRIAGE_STATE_PARKED

        def command(work: Work) -> None:
            self._archive.shelf.carriages.change(
                work, due, self.node, state=state, attempts=attempts, reason=reason
            )
            kind, at = EntryKind.NOTICE_PARKED, stamp(self._archive.now())
            work.log.append(kind, at=at, document=document, node=self.node, reason=reason)

        self._archive.journal.run(command, yields=True)

    def _give_up(self, due: DueDocument, reason: str) -> None:
        state = pb.CARRIAGE_STATE_UNWANTED
        self._archive.journal.run(
            lambda work: self._archive.shelf.carriages.change(
                work, due, self.node, state=state, reason=reason
            )
        )

    def _put_off(self, due: DueDocument, attempts: int, next_at: float, reason: str) -> None:
        self._archive.journal.run(
            lambda work: self._archive.shelf.carriages.change(
                work, due, self.node, attempts=attempts, next_at=next_at, reason=reason
            )
        )


class Carriers:
    """The carriers of all nodes that documents wait for, and the clearing. A context manager."""

    def __init__(self, archive: Archive, *, clearing: DocumentRemover, connect: Connect) -> None:
        self._archive, self._clearing = archive, clearing
        self._fleet = Fleet(lambda node: Carrier(node, archive, clearing=clearing, connect=connect))
        self._clear = Loop("clearing", self._clear_once, every_s=CLEAR_EVERY_S)

    def __enter__(self) -> Self:
        with self._archive.journal.reading() as view:
            nodes = self._archive.shelf.carriages.waiting_nodes(view)
        self._fleet.open(nodes)
        self._clear.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear.stop()
        self._fleet.close()
        self._clear.close()

    def wake(self, nodes: frozenset[str]) -> None:
        """Wake the carriers of `nodes`: a document may be due for them."""
        self._fleet.wake(nodes)

    def _clear_once(self) -> bool:
        self._clearing.clear(time.time())
        return False
