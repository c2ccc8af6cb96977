"""Delete documents at a gateway once every node that needs them has them, or once their upload was abandoned."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from federation.evidence.entry import EntryKind
from federation.notices.documents import limits
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from gateway.documents.archive import Archive
from gateway.documents.kept import KeptDocument
from gateway.prepared import Prepared
from server.journal.log import PreparedEntry
from server.journal.work import Work

#: Documents deleted in one transaction: each gets an entry in the log and a signed receipt.
_AT_ONCE = 16
_DROPPED = (pb.DOCUMENT_STATE_ANNOUNCED, pb.DOCUMENT_STATE_RELEASED)


@dataclass(frozen=True, slots=True)
class _Released:
    """The log entry and the receipt written when a document is deleted."""

    entry: PreparedEntry
    receipt: Prepared[Envelope]


class DocumentRemover:
    """Deletes documents, each with an entry in the log; a document that a notice still needs stays."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def settle(self) -> None:
        """Delete the documents that every node in need of them has; a signed receipt states when."""
        while True:
            with self._archive.journal.reading() as view:
                settled = self._archive.shelf.clearing.settled(view, _AT_ONCE)
            if not settled:
                return
            released = {kept.token: self._released(kept) for kept in settled}

            def command(work: Work, released: Mapping[bytes, _Released] = released) -> Set[bytes]:
                gone = self._archive.shelf.clearing.still_settled(work.view, [*released])
                for token in gone:
                    self._release(work, token, released[token])
                return gone

            for token in self._archive.journal.run(command, yields=True).value:
                self._drop(token.hex())

    def clear(self, at: float) -> None:
        """Delete uploads and documents that count as abandoned at `at` (seconds since 1970), and stray files."""
        self.settle()
        table = limits()
        stale, unclaimed = at - table.unfinished_hours * 3600, at - table.unclaimed_days * 86400
        files = self._archive.depot.names()
        with self._archive.journal.reading() as view:
            tokens = [*self._archive.shelf.clearing.abandoned(view, stale=stale, unclaimed=unclaimed)]
        tokens = [token for token in tokens if files.get(token.hex(), 0.0) < stale]
        gone = set[str]()
        for start in range(0, len(tokens), _AT_ONCE):
            some = tokens[start : start + _AT_ONCE]

            def command(work: Work, some: Sequence[bytes] = some) -> set[str]:
                still = self._archive.shelf.clearing.abandoned(
                    work.view, stale=stale, unclaimed=unclaimed, among=some
                )
                for token, state in still.items():
                    self._forget(work, token, unfinished=state == pb.DOCUMENT_STATE_PARTLY)
                return {token.hex() for token in still}

            gone |= self._archive.journal.run(command, yields=True).value
        with self._archive.journal.reading() as view:
            states = self._archive.shelf.clearing.states(view, [bytes.fromhex(name) for name in files])
        for name, written_at in files.items():
            state = states.get(bytes.fromhex(name), pb.DOCUMENT_STATE_RELEASED)
            unfinished = state == pb.DOCUMENT_STATE_ANNOUNCED and written_at < stale
            if unfinished or state == pb.DOCUMENT_STATE_RELEASED:
                gone.add(name)
        for name in gone:
            self._drop(name)

    def _released(self, kept: KeptDocument) -> _Released:
        """Return the entry and the signed receipt that state since when a document is no longer kept here."""
        now, content = self._archive.now(), kept.berth.content
        entry = self._archive.journal.entry(
            EntryKind.DOCUMENT_RELEASED, at=stamp(now), document=content.sha256.hex(), reason="carried"
        )
        receipt = self._archive.receipt(content, pb.DOCUMENT_STAGE_RELEASED, entry, now)
        stage = pb.DOCUMENT_STAGE_RELEASED
        return _Released(entry, self._archive.shelf.receipts.prepared(kept.token, stage, receipt, own=True))

    def _release(self, work: Work, token: bytes, released: _Released) -> None:
        work.log.add(released.entry)
        self._archive.shelf.receipts.keep(work, released.receipt)
        self._archive.shelf.documents.set_state(work, token, pb.DOCUMENT_STATE_RELEASED, time.time())
        self._archive.shelf.namings.settle(work, token)

    def _forget(self, work: Work, token: bytes, *, unfinished: bool) -> None:
        """Delete a document that no notice claims; its row stays if an earlier notice named it."""
        kept = self._archive.shelf.documents.find(work.view, token)
        if kept is None:
            return
        work.log.append(
            EntryKind.DOCUMENT_RELEASED,
            at=stamp(self._archive.now()),
            document=kept.berth.content.sha256.hex(),
            reason="unfinished" if unfinished else "unclaimed",
        )
        self._archive.shelf.documents.set_state(work, token, pb.DOCUMENT_STATE_RELEASED, time.time())
        self._archive.shelf.clearing.forget(work, token)

    def _drop(self, name: str) -> None:
        with self._archive.depot.alone(name):
            with self._archive.journal.reading() as view:
                kept = self._archive.shelf.documents.find(view, bytes.fromhex(name))
            if kept is None or kept.state in _DROPPED:  # otherwise it was handed in again meanwhile
                self._archive.depot.drop(name)
