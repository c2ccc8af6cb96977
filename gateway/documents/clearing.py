"""Dropping documents at a gateway: those that are everywhere they belong, and those that nobody goes on with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.evidence.entry import EntryKind
from federation.notices.document_receipts import sign_receipt
from federation.notices.documents import limits
from federation.v1 import stored_document_pb2 as pb
from federation.values.clock import stamp
from gateway.documents import schema
from gateway.documents.shelf import Kept, Shelf
from server.journal.depot import Depot
from server.journal.journal import Journal
from server.journal.log import Entry
from server.journal.work import Work

_D, _N = schema.document, schema.naming
_PAGE = 500
#: Documents let go in one transaction: each has an entry, and a receipt is signed.
_AT_ONCE = 16
_DROPPED = (pb.DOCUMENT_STATE_ANNOUNCED, pb.DOCUMENT_STATE_RELEASED)
_NAMED = exists().where(_N.c.token == _D.c.token)
_CLAIMED = exists().where(_N.c.token == _D.c.token, _N.c.settled.is_(False))


@dataclass(frozen=True, slots=True)
class _Released:
    """What is written when a document is let go."""

    entry: Entry
    receipt: dict[str, Any]


class Clearing:
    """Lets documents go, each with an entry in the log; what is named and wanted stays."""

    def __init__(
        self,
        *,
        journal: Journal,
        shelf: Shelf,
        depot: Depot,
        signer: Signer,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._shelf = shelf
        self._depot = depot
        self._signer = signer
        self._charter = charter
        self._now = now

    def settle(self) -> None:
        """Let go what every node that needs it has: a signed receipt says when."""
        while True:
            with self._journal.reading() as connection:
                settled = self._shelf.settled(connection, _AT_ONCE)
            if not settled:
                return
            released = {kept.token: self._released(kept) for kept in settled}

            def command(work: Work, released: Mapping[bytes, _Released] = released) -> set[bytes]:
                gone = self._shelf.still_settled(work.view, [*released])
                for token in gone:
                    self._release(work, token, released[token])
                return gone

            for token in self._journal.run(command, yields=True).value:
                self._drop(token.hex())

    def clear(self, at: float) -> None:
        """Let go what nobody went on with or claimed before `at` (seconds since 1970), and stray files."""
        self.settle()
        table = limits()
        stale, unclaimed = at - table.unfinished_hours * 3600, at - table.unclaimed_days * 86400
        files = self._depot.names()
        partly, held = pb.DOCUMENT_STATE_PARTLY, pb.DOCUMENT_STATE_HELD

        old = select(_D.c.token, _D.c.state).where(
            ~_CLAIMED,
            (_D.c.state == partly) & (_D.c.touched_at < stale)
            | (_D.c.state == held) & (_D.c.touched_at < unclaimed),
        )
        with self._journal.reading() as connection:
            tokens = [bytes(row.token) for row in connection.execute(old)]
        tokens = [token for token in tokens if files.get(token.hex(), 0.0) < stale]
        gone = set[str]()
        for start in range(0, len(tokens), _AT_ONCE):
            some = tokens[start : start + _AT_ONCE]

            def command(work: Work, some: Sequence[bytes] = some) -> set[str]:
                still = work.view.execute(old.where(_D.c.token.in_(some))).all()
                for row in still:
                    self._forget(work, bytes(row.token), unfinished=row.state == partly)
                return {bytes(row.token).hex() for row in still}

            gone |= self._journal.run(command, yields=True).value
        with self._journal.reading() as connection:
            states = dict(self._states(connection, [*files]))
        for name, written_at in files.items():
            state = states.get(name, pb.DOCUMENT_STATE_RELEASED)
            unfinished = state == pb.DOCUMENT_STATE_ANNOUNCED and written_at < stale
            if unfinished or state == pb.DOCUMENT_STATE_RELEASED:
                gone.add(name)
        for name in gone:
            self._drop(name)

    def _states(self, connection: Connection, names: Sequence[str]) -> Iterator[tuple[str, int]]:
        for start in range(0, len(names), _PAGE):
            tokens = [bytes.fromhex(name) for name in names[start : start + _PAGE]]
            query = select(_D.c.token, _D.c.state).where(_D.c.token.in_(tokens))
            yield from ((bytes(t).hex(), s) for t, s in connection.execute(query))

    def _released(self, kept: Kept) -> _Released:
        """Return the entry and the signed receipt that say since when a document is not kept here any more."""
        now, content = self._now(), kept.berth.content
        entry = self._journal.entry(
            EntryKind.DOCUMENT_RELEASED, at=stamp(now), document=content.sha256.hex(), reason="carried"
        )
        receipt = sign_receipt(
            content,
            pb.DOCUMENT_STAGE_RELEASED,
            at=stamp(now),
            log_entry=entry.leaf,
            log=(0, b""),
            charter=self._charter(),
            signer=self._signer,
            now=now,
        )
        stage = pb.DOCUMENT_STAGE_RELEASED
        return _Released(entry, self._shelf.receipt_row(kept.token, stage, receipt, own=True))

    def _release(self, work: Work, token: bytes, released: _Released) -> None:
        work.log.add(released.entry)
        self._shelf.keep_receipt(work.view, released.receipt)
        self._shelf.set_state(work.view, token, pb.DOCUMENT_STATE_RELEASED, time.time())
        work.view.execute(update(_N).where(_N.c.token == token).values(settled=True))

    def _forget(self, work: Work, token: bytes, *, unfinished: bool) -> None:
        """Drop what no notice claims; the row stays where an earlier notice has its path here."""
        kept = self._shelf.find(work.view, token)
        if kept is None:
            return
        work.log.append(
            EntryKind.DOCUMENT_RELEASED,
            at=stamp(self._now()),
            document=kept.berth.content.sha256.hex(),
            reason="unfinished" if unfinished else "unclaimed",
        )
        self._shelf.set_state(work.view, token, pb.DOCUMENT_STATE_RELEASED, time.time())
        work.view.execute(delete(_D).where(_D.c.token == token, ~_NAMED))
        named = exists().where(_D.c.token == schema.receipt.c.token)
        work.view.execute(delete(schema.receipt).where(schema.receipt.c.token == token, ~named))

    def _drop(self, name: str) -> None:
        with self._depot.alone(name):
            with self._journal.reading() as connection:
                kept = self._shelf.find(connection, bytes.fromhex(name))
            if kept is None or kept.state in _DROPPED:  # else handed in again meanwhile
                self._depot.drop(name)
