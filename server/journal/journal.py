"""The journal: engine, log and writer of one installation, opened together and closed together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.errors import CannotAccount, InvalidRequest, NotFound
from federation.evidence.checkpoint import sign_checkpoint
from federation.evidence.entry import EntryKind, Value
from federation.evidence.merkle import Frontier, consistency_path, inclusion_path
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.heads import Head
from server.journal.checkpoint_store import CheckpointStore
from server.journal.condition import Condition, is_damage
from server.journal.engine import open_sqlite
from server.journal.giving_way import GivingWay
from server.journal.log import Log, Once, PreparedEntry, StoredEntry, prepare_entry
from server.journal.log_rows import Checkpoints
from server.journal.migrating import Schema, bring_up_to_date
from server.journal.schema import SCHEMA
from server.journal.scrubbing import Scrubber
from server.journal.tallying import Tally
from server.journal.waiting import Queued
from server.journal.work import Command, Committed, View, Work
from server.journal.writer import Writer

T = TypeVar("T")
_LOGGER = logging.getLogger(__name__)


class Journal:
    """The durable memory of one installation."""

    def __init__(
        self,
        *,
        engine: Engine,
        log: Log,
        writer: Writer,
        scrubber: Scrubber,
        tally: Tally | None,
        federation: str,
        signer: Signer,
        now: Callable[[], datetime],
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.engine = engine
        self._checkpoints: Checkpoints = checkpoints or CheckpointStore()
        #: The amounts of the register's rows; gateways have none.
        self.tally = tally
        self.signer = signer
        #: Once damage was found in the log, nothing is done any more that has to be accounted for.
        self.condition = Condition()
        #: The rules by which background work and large pages are cut into pieces while somebody asks.
        self.giving_way = GivingWay(writer.asked_at)
        self._log = log
        self._writer = writer
        self._scrubber = scrubber
        self._federation = federation
        self._now = now
        self._listeners: list[Callable[[int], object]] = []

    def run(
        self,
        command: Command[T],
        *,
        onces: Sequence[Once] = (),
        yields: bool = False,
        scrubs: bool = True,
    ) -> Committed[T]:
        """Run `command` in one of the writer's next transactions and wait until it is durable.

        The `onces` that the command will need are looked up together with those of other commands. Background work
        and large pages set `yields`, so that questions go first. Before this returns, changes are counted and erased
        data has left the disk; a caller that runs many pieces and calls `scrub` after the last one says so by `scrubs`.
        Raises the command's own error, `Exhausted`, or `CannotAccount`: then nothing was done, and nothing will be.
        """
        self.condition.insist()
        try:
            done = self._writer.run(command, onces=onces, yields=yields)
        except CannotAccount as error:
            self._note_damage(error)
            raise
        if done.changed:
            for listener in self._listeners:
                listener(done.changed)
        if done.erased and scrubs:
            self.scrub()
        return done

    def reading(self) -> AbstractContextManager[View]:
        """Return a view of the store, to be closed soon: while it is open, all data that it sees stays on the disk."""
        return self.engine.connect()

    def on_change(self, listener: Callable[[int], object]) -> None:
        """Call `listener` with the number of stored versions after each commit that stored some."""
        self._listeners.append(listener)

    def entry(self, kind: EntryKind, *, at: str, once: Once | None = None, **fields: Value) -> PreparedEntry:
        """Return an entry prepared before its transaction, with its leaf known now; add it by `work.log.add`."""
        return prepare_entry(self._log.cipher, kind, at=at, once=once, **fields)

    def submit(self, items: Sequence[Queued[Any]]) -> None:
        """Queue commands without waiting; each item's `notify` is called with outcomes on the writing thread.

        The caller passes each finished item to `settled`, because damage that it shows must stop further commands.
        """
        self.condition.insist()
        self._writer.submit(items)

    def settled(self, item: Queued[Any]) -> None:
        """Take note of the outcome of a submitted command."""
        self._note_damage(item.failed)

    def withdraw(self, item: Queued[Any]) -> bool:
        """Take a submitted command back; False when it is under way or has run."""
        return self._writer.withdraw(item)

    def waiting(self) -> int:
        """Return how many commands wait for their transaction."""
        return self._writer.waiting()

    def adopt(self, charter: Charter) -> None:
        """Put a charter in force by its entry `charter_changed`, durable when this returns (decision 30)."""
        self._writer.adopt(charter, at=stamp(self._now()))

    @property
    def inside(self) -> bool:
        """Whether the calling thread runs a command: then no transaction can end meanwhile."""
        return self._writer.inside

    def insist_outside(self) -> None:
        """Raise `RuntimeError` inside a command, which has to use the charter of its `Work`."""
        self._writer.insist_outside()

    def scrub(self) -> None:
        """Empty the write-ahead log, so that deleted data is nowhere on the disk (R45).

        It is tried at once; if somebody still reads an older state, it is tried again in the background.
        """
        self._scrubber.scrub()

    def size(self) -> int:
        """Return the number of entries."""
        return self._log.frontier.size

    def state(self) -> tuple[int, bytes]:
        """Return the current size and root of the log."""
        frontier = self._log.frontier
        return frontier.size, frontier.root()

    def contains(self, head: Head) -> bool:
        """Say whether the log goes on from `head`: whether its first entries are those under that root."""
        if not 0 < head.size <= self.size():
            return head.size == 0
        with self.condition.reading(), self.reading() as view:
            return Frontier.read(head.size, self._subtree(view)).root() == head.root

    def newest(self) -> StoredEntry:
        """Return the newest entry in clear; no log is empty."""
        [entry] = self.entries(self.size() - 1, 1)
        return entry

    def checkpoint(self, charter_version: int) -> Envelope:
        """Return the newest signed checkpoint; signs and keeps a new one when the log has grown."""
        frontier = self._log.frontier
        with self.reading() as view:
            kept = self._checkpoints.of_size(view, frontier.size)
        if kept is not None:
            return kept
        envelope = self._signed(frontier, charter_version)

        def keep(work: Work) -> Envelope:
            there = self._checkpoints.of_size(work.view, frontier.size)
            if there is None:
                self._checkpoints.add(work.view, frontier.size, envelope)
            return there or envelope

        return self.run(keep, yields=True).value

    def checkpoint_of_now(self, charter_version: int) -> Envelope:
        """Return the present state, signed at this moment: it does not show since when the log has not grown."""
        return self._signed(self._log.frontier, charter_version)

    def checkpoints(self) -> list[Envelope]:
        """Return every kept checkpoint, smallest first."""
        with self.reading() as view:
            return [*self._checkpoints.all(view)]

    def entries(self, start: int, limit: int) -> list[StoredEntry]:
        """Return entries in clear, for the operator and auditors of this installation only."""
        with self.condition.reading(), self.reading() as view:
            return self._log.read(view, start, limit)

    def prove_inclusion(self, leaf: bytes, size: int) -> tuple[int, int, list[bytes]]:
        """Return (index, size, audit path) of the entry with this leaf hash; raises `NotFound`."""
        size = self._bounded(size, "size")
        with self.condition.reading(), self.reading() as view:
            index = self._log.entries.number_of(view, leaf)
            if index is None or index >= size:
                raise NotFound("the log has no such entry in a tree of that size")
            return index, size, inclusion_path(index, size, self._subtree(view))

    def prove_consistency(self, first: int, second: int) -> tuple[int, list[bytes]]:
        """Return (second, path) proving that the tree of size `second` extends that of size `first`."""
        second = self._bounded(second, "second")
        if not 0 < first <= second:
            raise InvalidRequest.of("first", "RANGE", f"must be 1 to {second}")
        with self.condition.reading(), self.reading() as view:
            return second, consistency_path(first, second, self._subtree(view))

    def _signed(self, frontier: Frontier, charter_version: int) -> Envelope:
        return sign_checkpoint(
            federation=self._federation,
            size=frontier.size,
            root=frontier.root(),
            signed_at=self._now(),
            charter_version=charter_version,
            signer=self.signer,
        )

    def _note_damage(self, error: Exception | None) -> None:
        if error is not None and error.__cause__ is not None and is_damage(error.__cause__):
            self.condition.found("the database file is damaged")

    def _subtree(self, view: View) -> Callable[[int, int], bytes]:
        return lambda level, last: self._log.subtree(view, level, last)

    def _bounded(self, size: int, field: str) -> int:
        newest = self.size()
        if size > newest:
            raise InvalidRequest.of(field, "RANGE", f"the log has {newest} entries")
        return size or newest


@contextmanager
def open_journal(
    path: Path,
    *,
    body_key: bytes,
    charter: Charter,
    signer: Signer,
    now: Callable[[], datetime],
    schemas: Sequence[Schema] = (),
    tally_key: bytes | None = None,
) -> Iterator[Journal]:
    """Open the journal at `path`, bring its tables and those of `schemas` up to date, and put `charter` in force.

    With a `tally_key` its transactions keep a tally of the rows that commands count.
    """
    engine = open_sqlite(path)
    with engine.begin() as connection:
        for schema in (SCHEMA, *schemas):
            bring_up_to_date(connection, schema)
    log, tally = Log(body_key=body_key), Tally(tally_key) if tally_key else None
    try:
        with (
            Scrubber(engine) as scrubber,
            Writer(engine=engine, log=log, charter=charter, tally=tally) as writer,
        ):
            yield Journal(
                engine=engine,
                log=log,
                writer=writer,
                scrubber=scrubber,
                tally=tally,
                federation=charter.federation,
                signer=signer,
                now=now,
            )
    finally:
        engine.dispose()
